import { SluiceError } from "../contract/errors.ts";
import type { Sink, SinkEntry } from "../contract/sink.ts";
import type { Clock } from "../contract/tokens.ts";
import { waitFor } from "../kit/timing/wait.ts";

export interface SinkFeedOptions {
  /** The instance as it is now; throws while it is not running. */
  readonly sink: () => Sink;
  readonly clock: Clock;
  readonly limits: SinkLimits;
  /** Entries were dropped: `count` since it was said last, `total` since the start. */
  readonly onDropped: (count: number, total: number) => void;
  /** A batch was refused, or batches are taken again (undefined). Called once for each change. */
  readonly onRefused: (error: unknown, count: number) => void;
}

export interface SinkLimits {
  /** Entries that wait for a sink. Default 10,000. */
  readonly entries: number;
  /** Bytes that wait for a sink. Default 32 MiB. */
  readonly bytes: number;
  /** Entries of one batch. Default 500. */
  readonly batch: number;
  /** Milliseconds between two reports of drops, and before a sink that is not running is tried again. Default 1,000. */
  readonly pause: number;
  /** How often a batch is offered in all, where the sink fails in passing. Default 4. */
  readonly attempts: number;
  /** Milliseconds before a batch is offered again, doubled for each further time. Default 250. */
  readonly retryPause: number;
}

interface QueueEntry {
  readonly entry: SinkEntry;
  readonly size: number;
}

/** The queue of one sink: bounded, in order, one batch under way at a time. */
export class SinkFeed {
  readonly #options: SinkFeedOptions;
  readonly #stop = new AbortController();
  #queue: QueueEntry[] = [];
  #head = 0;
  #bytes = 0;
  #running: Promise<void> | undefined;
  #dropped = 0;
  #droppedTotal = 0;
  #saidAt = Number.NEGATIVE_INFINITY;
  #refusing = false;

  constructor(options: SinkFeedOptions) {
    this.#options = options;
  }

  /** Entries that wait. */
  get length(): number {
    return this.#queue.length - this.#head;
  }

  get dropped(): number {
    return this.#droppedTotal;
  }

  /** Never waits: the oldest are dropped where there is no room. */
  offer(entry: SinkEntry, size: number): void {
    if (this.#stop.signal.aborted) return;
    this.#queue.push({ entry, size });
    this.#bytes += size;
    const { entries, bytes } = this.#options.limits;
    while (this.length > 1 && (this.length > entries || this.#bytes > bytes)) {
      this.#take(1);
      this.#drop(1);
    }
    this.#sayDropped();
    this.#running ??= this.#run();
  }

  /** Hands over what waits and flushes the sink; what is not done when `signal` aborts is dropped and counted. */
  async stop(signal: AbortSignal): Promise<void> {
    await waitFor(this.#finish(), { signal });
    this.#stop.abort();
    this.#drop(this.length);
    this.#queue = [];
    this.#sayDropped(true);
  }

  async #finish(): Promise<void> {
    await this.#running;
    try {
      await this.#options.sink().flush();
    } catch (error) {
      this.#options.onRefused(error, 0);
    }
  }

  async #run(): Promise<void> {
    // What one turn of the event loop brings goes into one batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.length > 0 && !this.#stop.signal.aborted) {
      const sink = this.#sink();
      if (sink === undefined) {
        await this.#options.clock.sleep(this.#options.limits.pause, this.#stop.signal).catch(() => undefined);
        continue;
      }
      const batch = this.#take(this.#options.limits.batch);
      const error = await this.#hand(batch, sink);
      if (error === undefined) {
        if (this.#refusing) this.#options.onRefused(undefined, 0);
      } else {
        this.#drop(batch.length);
        if (!this.#refusing) this.#options.onRefused(error, batch.length);
      }
      this.#refusing = error !== undefined;
      this.#sayDropped();
    }
    this.#running = undefined;
  }

  /** Offers a batch until the sink takes it, says that it never will, or has had its attempts; then why it did not. */
  async #hand(batch: readonly SinkEntry[], first: Sink): Promise<unknown> {
    const { limits, clock } = this.#options;
    let sink: Sink | undefined = first;
    let refused: unknown = notRunning;
    for (let attempt = 1; ; attempt++) {
      try {
        if (sink !== undefined) {
          await sink.write(batch);
          return undefined;
        }
      } catch (error) {
        refused = error ?? notRunning;
      }
      if (attempt >= limits.attempts || this.#stop.signal.aborted || isPermanent(refused)) return refused;
      await clock.sleep(limits.retryPause * 2 ** (attempt - 1), this.#stop.signal).catch(() => undefined);
      sink = this.#sink();
    }
  }

  #sink(): Sink | undefined {
    try {
      return this.#options.sink();
    } catch {
      return undefined;
    }
  }

  #take(count: number): SinkEntry[] {
    const taken = this.#queue.slice(this.#head, this.#head + count);
    for (let index = 0; index < taken.length; index++) this.#queue[this.#head + index] = nothing;
    this.#head += taken.length;
    for (const { size } of taken) this.#bytes -= size;
    if (this.#head === this.#queue.length || this.#head > this.#options.limits.entries) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return taken.map(({ entry }) => entry);
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#droppedTotal += count;
  }

  #sayDropped(last = false): void {
    if (this.#dropped === 0) return;
    const now = this.#options.clock.now();
    if (!last && now - this.#saidAt < this.#options.limits.pause) return;
    this.#saidAt = now;
    const count = this.#dropped;
    this.#dropped = 0;
    this.#options.onDropped(count, this.#droppedTotal);
  }
}

const notRunning = new Error("The sink does not run.");

/** What says so itself; anything else may pass. */
function isPermanent(error: unknown): boolean {
  return SluiceError.is(error) && !error.retryable;
}

/** Stands where an entry was, so that a queue keeps nothing alive that has left it. */
const nothing: QueueEntry = { entry: undefined as unknown as SinkEntry, size: 0 };
