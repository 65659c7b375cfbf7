import type { SluiceClient } from "../../core/client/index.ts";
import { eventSelector, eventTypes, hostEventTypes, hostPaths } from "../../core/command-line.ts";
import { type InstanceStatus, SluiceError, textOfThrown } from "../../core/contract/index.ts";
import { cutText, printable, printableJson, waitFor } from "../../core/kit/index.ts";
import { Interrupts } from "../execution/interrupts.ts";
import { type RecordedEvent, Recording, recordedLine } from "../execution/recording.ts";
import { type Outputs, processOutputs } from "../output/output.ts";
import { painter, plural } from "../output/style.ts";
import { readHostFile } from "./host-file.ts";
import { openClient } from "./remote.ts";

export interface TapOptions {
  readonly patterns: readonly string[];
  readonly record: string | undefined;
  readonly count: number | undefined;
  readonly json: boolean;
}

/** Runs that are followed at once, and events of the host that may wait for a slow terminal. */
const most = { runs: 64, waiting: 1_000 };

/** @throws SluiceError SLUICE_HOST_UNAVAILABLE when no host is up, or it stops */
export async function tap(options: TapOptions): Promise<void> {
  const up = readHostFile(hostPaths().state);
  if (up === undefined) throw new SluiceError("SLUICE_HOST_UNAVAILABLE", "no host is up");
  using interrupts = new Interrupts();
  await using client = await openClient(up);
  await using recording = options.record === undefined ? undefined : await Recording.create(options.record);
  const session = new Tap(client, options, processOutputs(), recording);
  const subscription = client.watch({ filter: { types: [...hostEventTypes, "run-start"] } }).subscribe({
    next: ({ entries, missing = 0 }) => {
      session.miss(missing);
      for (const { event } of entries) session.take(event as unknown as RecordedEvent);
    },
    error: (error) => session.end.reject(error),
    complete: () => session.end.reject(new SluiceError("SLUICE_HOST_UNAVAILABLE", "the host has stopped")),
  });
  const { instances } = await client.call<{ instances: readonly InstanceStatus[] }>("status");
  for (const pattern of unmatched(
    options.patterns,
    instances.map(({ id }) => id),
  )) {
    process.stderr.write(`[${printable(pattern)} matches nothing that this host has]\n`);
  }
  try {
    await waitFor(session.end.promise, { signal: interrupts.leaving });
  } finally {
    subscription.unsubscribe();
    await session.stop();
    if (recording !== undefined) process.stderr.write(`[${plural(recording.count, "event")} recorded]\n`);
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

/** What is shown, in the order of each run, and no faster than the terminal takes it. */
class Tap {
  readonly end = Promise.withResolvers<void>();
  readonly #client: SluiceClient;
  readonly #options: TapOptions;
  readonly #outputs: Outputs;
  readonly #recording: Recording | undefined;
  readonly #wanted: ReturnType<typeof eventSelector>;
  readonly #runs = new Map<string, Promise<void>>();
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #shown = 0;
  #missed = 0;
  #over = false;

  constructor(client: SluiceClient, options: TapOptions, outputs: Outputs, recording: Recording | undefined) {
    this.#client = client;
    this.#options = options;
    this.#outputs = outputs;
    this.#recording = recording;
    this.#wanted = eventSelector(options.patterns);
    this.end.promise.catch(() => undefined);
    outputs.stdout.gone.addEventListener("abort", () => this.end.resolve(), { once: true });
  }

  miss(count: number): void {
    this.#missed += count;
  }

  take(event: RecordedEvent): void {
    if (this.#over) return;
    if ("run" in event) this.#follow(event.run);
    // What the host logs is in `sluice logs`: it is shown where it is asked for.
    else if (this.#options.patterns.length > 0 && this.#wanted(event)) this.#queue(event);
  }

  #queue(event: RecordedEvent): void {
    if (this.#waiting >= most.waiting) {
      this.miss(1);
      return;
    }
    this.#waiting += 1;
    void this.#show(event).finally(() => {
      this.#waiting -= 1;
    });
  }

  /** Waits for what is being shown; nothing comes after it. */
  async stop(): Promise<void> {
    this.#over = true;
    this.#client.close();
    await Promise.all(this.#runs.values());
    await this.#turn;
    await this.#tellMissed();
  }

  /** A run is read from its journal, with a cursor of its own: whole, and never faster than it is shown. */
  #follow(run: string): void {
    if (this.#runs.has(run)) return;
    if (this.#runs.size >= most.runs) {
      this.miss(1);
      return;
    }
    const reading = this.#read(run).finally(() => this.#runs.delete(run));
    this.#runs.set(run, reading);
  }

  async #read(run: string): Promise<void> {
    try {
      for await (const event of this.#client.follow(run)) {
        if (this.#wanted(event)) await this.#show(event);
        if (this.#over) return;
      }
    } catch (error) {
      if (!this.#over) process.stderr.write(`[${printable(`${run}: ${textOfThrown(error)}`)}]\n`);
    }
  }

  #show(event: RecordedEvent): Promise<void> {
    const shown = this.#turn.then(() => this.#write(event));
    this.#turn = shown.catch((error: unknown) => this.end.reject(error));
    return this.#turn;
  }

  async #write(event: RecordedEvent): Promise<void> {
    const { count, json } = this.#options;
    if (this.#over || this.#shown === count) return;
    await this.#tellMissed();
    this.#shown += 1;
    await this.#recording?.write(event);
    await this.#outputs.stdout.write(json ? recordedLine(event) : lineOf(event));
    if (this.#shown === count) this.end.resolve();
  }

  async #tellMissed(): Promise<void> {
    const missed = this.#missed;
    this.#missed = 0;
    if (missed > 0) await this.#outputs.stderr.write(`[${missed} left out: they came too fast]\n`);
  }
}

function lineOf(event: RecordedEvent): string {
  const paint = painter(process.stdout);
  const run = "run" in event ? ` ${printable(event.run)} ${event.seq}` : "";
  const name = paint("cyan", `${printable(event.source)}.${printable(event.type)}`);
  const data = printableJson(event.data);
  const shown = data.length > 160 ? `${cutText(data, 157)}...` : data;
  return `${paint("dim", printable(event.time.slice(11, 23)) + run)} ${name} ${shown}\n`;
}
