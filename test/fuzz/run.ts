import { SluiceError } from "../../core/contract/index.ts";
import { Mutator } from "./mutate.ts";
import { Paths } from "./paths.ts";
import { turns, watchUncaught } from "./uncaught.ts";

/** One way in. */
export interface Edge {
  /** Valid inputs, of which others are made. */
  readonly corpus: readonly Buffer[];
  /**
   * Takes one input as the host would. It may throw a typed error, or nothing at all; a promise is awaited.
   */
  readonly take: (input: Buffer) => unknown;
  /** What it needs, such as a host that serves; disposed of after the last input. */
  readonly start?: () => Promise<AsyncDisposable>;
}

export interface Found {
  readonly inputs: number;
  readonly refused: number;
  /** Paths that inputs took and no earlier one had; 0 where nobody looked. */
  readonly paths: number;
  /** Each kind once, with the first input that showed it. */
  readonly faults: readonly {
    readonly what: string;
    readonly seed: number;
    readonly input: number;
    readonly bytes: Buffer;
  }[];
}

/** Milliseconds of the processor that one input may take: the clock of a busy machine tells of others. */
const longestTurn = 1_000;
/** Inputs between two looks at what reached the process. */
const batch = 500;

/**
 * Gives an edge inputs until so many were taken, or so many seconds are over. With `coverage` those that take a new path
 * are what others are made of. Without it the same seed gives the same inputs.
 */
export async function fuzz(
  edge: Edge,
  { seed = 1, inputs = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY, coverage = false },
): Promise<Found> {
  await using _ground = await edge.start?.();
  using watch = watchUncaught();
  using paths = coverage ? new Paths() : undefined;
  const mutator = new Mutator(seed, edge.corpus);
  const faults = new Map<string, Found["faults"][number]>();
  const until = performance.now() + seconds * 1_000;
  let [count, refused, seen] = [0, 0, 0];
  for (; count < inputs && performance.now() < until; count += 1) {
    const input = mutator.next();
    const note = (what: string) => {
      if (!faults.has(what)) faults.set(what, { what, seed, input: count, bytes: input });
    };
    const began = process.cpuUsage();
    try {
      const result = edge.take(input);
      if (result instanceof Promise) await result;
    } catch (error) {
      if (SluiceError.is(error)) refused += 1;
      else
        note(
          error instanceof Error
            ? `${error.name}: ${error.message} ${error.stack?.split("\n")[1] ?? ""}`
            : String(error),
        );
    }
    const { user, system } = process.cpuUsage(began);
    if (user + system > longestTurn * 1_000) note("one input took more than a second");
    for (const fresh of paths?.taken(input) ?? []) mutator.keep(fresh);
    if (count % batch === 0) {
      await turns(1);
      watch.look();
    }
    for (; seen < watch.errors.length; seen += 1)
      note(`reached the process: ${String((watch.errors[seen] as Error)?.stack ?? watch.errors[seen]).slice(0, 300)}`);
  }
  await turns();
  watch.look();
  for (; seen < watch.errors.length; seen += 1) {
    const what = `reached the process: ${String((watch.errors[seen] as Error)?.stack ?? watch.errors[seen]).slice(0, 300)}`;
    if (!faults.has(what)) faults.set(what, { what, seed, input: count, bytes: Buffer.alloc(0) });
  }
  return { inputs: count, refused, paths: paths?.count ?? 0, faults: [...faults.values()] };
}
