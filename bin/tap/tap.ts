import { once } from "node:events";
import type { SluiceClient } from "../../core/client/index.ts";
import { eventSelector, eventTypes, hostEventTypes, hostPaths } from "../../core/command-line.ts";
import { type InstanceStatus, type RunEvent, type RunRecord, SluiceError } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { type RecordedEvent, Recording } from "../execution/recording.ts";
import { readHostFile } from "../host/host-file.ts";
import { openClient } from "../host/remote.ts";
import { type Outputs, processOutputs } from "../output/output.ts";
import { plural } from "../output/style.ts";
import { RunReader } from "./run-reader.ts";
import { TapOutput } from "./tap-output.ts";

export interface TapOptions {
  readonly patterns: readonly string[];
  readonly record: string | undefined;
  readonly count: number | undefined;
  readonly json: boolean;
}

/** Milliseconds after Ctrl-C in which what was shown may still be read. */
const patience = 1_500;

/** @throws SluiceError SLUICE_HOST_UNAVAILABLE when no host is up, or it stops */
export async function tap(options: TapOptions): Promise<void> {
  const up = readHostFile(hostPaths().state);
  if (up === undefined) throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up");
  using interrupts = new Interrupts();
  await using client = await openClient(up);
  await using recording = options.record === undefined ? undefined : await Recording.create(options.record);
  const outputs = processOutputs();
  const output = new TapOutput(outputs, { ...options, recording, leaving: interrupts.leaving });
  const { reader, beginnings, failed } = readRuns(client, output, options.patterns, outputs);
  await tellUnmatched(client, options.patterns);
  const left = interrupts.leaving.aborted ? undefined : once(interrupts.leaving, "abort").then(() => undefined);
  try {
    await Promise.race([left, output.end, failed]);
  } catch (error) {
    // What had come before the host went is shown.
    await Promise.race([left, reader.settled()]);
    throw error;
  } finally {
    client.close();
    await reader.settled();
    output.miss(beginnings.lost, "run");
    await output.tellMissed();
    if (interrupts.leaving.aborted) await tellUnread(reader, outputs);
    if (recording !== undefined) await outputs.stderr.write(`[${plural(recording.count, "event")} recorded]\n`);
    // Nobody may be there to read what was written; Ctrl-C waits for nobody.
    if (interrupts.leaving.aborted) setTimeout(() => process.exit(), patience).unref();
  }
}

/** Watches for runs that begin, and for what happens in the host; `failed` rejects when that cannot go on. */
function readRuns(client: SluiceClient, output: TapOutput, patterns: readonly string[], { stderr }: Outputs) {
  const wanted = eventSelector(patterns);
  const reader = new RunReader({
    follow: (run, after) => client.follow(run, after),
    take: async (event) => {
      if (wanted(event)) await output.show(event);
    },
    over: () => output.over,
    onMissed: () => output.miss(1, "run"),
    onGap: (events) => output.miss(events, "event"),
    onFailed: (run, error) => {
      // It had been deleted before its turn came: the store keeps so many.
      if (error.code === "SLUICE_RUN_NOT_FOUND") output.miss(1, "run");
      else void stderr.write(`[${printable(`${run} is not read on: ${error.message}`)}]\n`);
    },
  });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const stopped = () => reject(new SluiceError("SLUICE_HOST_UNAVAILABLE", "the host has stopped"));
  let latest = new Date().toISOString();
  const beginnings = new MissedBeginnings(client, reader);
  client.watch({ filter: { types: ["run-start"] } }).subscribe({
    next: ({ entries, missing = 0 }) => {
      const since = latest;
      for (const { event } of entries) {
        const { run, time } = event as unknown as RunEvent;
        latest = time;
        beginnings.told(run);
        reader.add(run);
      }
      if (missing > 0) void beginnings.catchUp(since, missing);
    },
    error: reject,
    complete: stopped,
  });
  void underWay(client, reader, latest).catch(reject);
  // What the host logs is in `sluice logs`: it is shown where it is asked for.
  const types = hostEventTypes.filter((type) => patterns.some((pattern) => mayMatch(pattern, type)));
  if (types.length === 0) return { reader, beginnings, failed };
  client.watch({ filter: { types: [...types] } }).subscribe({
    next: ({ entries, missing = 0 }) => {
      if (missing > 0) output.miss(missing, "event");
      for (const { event } of entries) {
        const told = event as unknown as RecordedEvent;
        if (wanted(told)) output.offer(told);
      }
    },
    error: reject,
    complete: stopped,
  });
  return { reader, beginnings, failed };
}

function mayMatch(pattern: string, type: string): boolean {
  const dot = pattern.indexOf(".");
  return dot < 0 || eventSelector([`x.${pattern.slice(dot + 1)}`])({ source: "x", type });
}

/** Runs that had begun before are shown from where they are; one that began meanwhile may be told of here first. */
async function underWay(client: SluiceClient, reader: RunReader, since: string): Promise<void> {
  const { runs } = await client.call<{ runs: readonly RunRecord[] }>("runs.list", { status: "running", limit: 1_000 });
  for (const { run, started, lastSeq } of runs) reader.add(run, started >= since ? 0 : lastSeq);
}

/** Beginnings that came too fast to be told: the list of runs has them, unless they are gone. */
class MissedBeginnings {
  readonly #client: SluiceClient;
  readonly #reader: RunReader;
  /** Found in the list, and not told of yet: they may be of those that were left out, or come later. */
  readonly #found = new Set<string>();
  #missing = 0;

  constructor(client: SluiceClient, reader: RunReader) {
    this.#client = client;
    this.#reader = reader;
  }

  /** Runs that were left out, and that no list had. */
  get lost(): number {
    return Math.max(0, this.#missing - this.#found.size);
  }

  told(run: string): void {
    this.#found.delete(run);
  }

  async catchUp(since: string, missing: number): Promise<void> {
    this.#missing += missing;
    const query = { since, limit: missing + 1_000 };
    const list = await this.#client.call<{ runs: readonly RunRecord[] }>("runs.list", query).catch(() => undefined);
    for (const { run } of list?.runs.toReversed() ?? []) if (this.#reader.add(run)) this.#found.add(run);
  }
}

async function tellUnread({ cut, unread }: RunReader, { stderr }: Outputs): Promise<void> {
  const begun = cut > 0 ? [`${plural(cut, "run")} left before the end`] : [];
  const none = unread > 0 ? [`${plural(unread, "run")} not begun`] : [];
  if (begun.length + none.length > 0) await stderr.write(`[${[...begun, ...none].join(", ")}]\n`);
}

async function tellUnmatched(client: SluiceClient, patterns: readonly string[]): Promise<void> {
  const { instances } = await client.call<{ instances: readonly InstanceStatus[] }>("status");
  const ids = instances.map(({ id }) => id);
  for (const pattern of unmatched(patterns, ids)) {
    process.stderr.write(`[${printable(pattern)} matches nothing that this host has]\n`);
  }
}

/** The patterns that no event of these instances can match; a plugin that comes later may. */
export function unmatched(patterns: readonly string[], instances: readonly string[]): string[] {
  const types = [...eventTypes, ...hostEventTypes];
  return patterns.filter((pattern) => {
    const wanted = eventSelector([pattern]);
    return !["core", ...instances].some((source) => types.some((type) => wanted({ source, type })));
  });
}
