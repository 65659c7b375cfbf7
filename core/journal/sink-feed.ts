import { SluiceError } from "../contract/errors.ts";
import type { Sink, SinkEntry } from "../contract/sink.ts";
import type { Clock } from "../contract/tokens.ts";
import { waitFor } from "../kit/timing/wait.ts";
import type { DeadReason } from "./dead-letters.ts";

export interface SinkFeedOptions {
  /** The instance as it is now; undefined while it starts. Throws while it is not running. */
  readonly sink: () => Sink | undefined;
  readonly clock: Clock;
  readonly limits: SinkLimits;
  /** How often a batch is offered, and the pause before it is offered again. */
  readonly deliver: () => { readonly attempts: number; readonly backoff: number };
  /** Keeps what is refused for good. Resolves with how many it kept; never rejects. */
  readonly bury: (entries: readonly SinkEntry[], why: DeadReason) => Promise<number>;
  /** Entries were lost: `count` since it was said last. Totals are in `counts`. */
  readonly onLost: (count: { readonly dropped: number; readonly dead: number }) => void;
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
  /** Milliseconds between two reports of what was lost, and before a sink that is not running is tried again. Default 1,000. */
  readonly pause: number;
}

/** What became of all that a sink was sent: `sent` is the sum of the others. */
export interface SinkCounts {
  readonly sent: number;
  readonly accepted: number;
  /** In the queue, or offered and not answered yet. */
  readonly waiting: number;
  readonly dropped: number;
  readonly dead: number;
}

interface QueueEntry {
  readonly entry: SinkEntry;
  readonly size: number;
}

/** Milliseconds between two attempts at most. */
const longestPause = 30_000;
/** Milliseconds that the dead letter has to take what is left at the end. */
const burialLimit = 1_000;

/** The queue of one sink: bounded, in order, one batch under way at a time. */
export class SinkFeed {
  readonly #options: SinkFeedOptions;
  readonly #stop = new AbortController();
  #queue: QueueEntry[] = [];
  #head = 0;
  #bytes = 0;
  #running: Promise<void> | undefined;
  /** The batch that is offered. */
  #underway: readonly SinkEntry[] = [];
  #burials: Promise<unknown> = Promise.resolve();
  #accepted = 0;
  #total = { sent: 0, dropped: 0, dead: 0 };
  #unsaid = { dropped: 0, dead: 0 };
  #saidAt = Number.NEGATIVE_INFINITY;
  #refusing = false;
  /** Ends the pause before a sink is looked for again. */
  #wake = () => {};

  constructor(options: SinkFeedOptions) {
    this.#options = options;
  }

  get counts(): SinkCounts {
    const { sent, dropped, dead } = this.#total;
    return { sent, accepted: this.#accepted, waiting: sent - this.#accepted - dropped - dead, dropped, dead };
  }

  /** Whether it refused what it was offered last. */
  get refusing(): boolean {
    return this.#refusing;
  }

  /** Never waits: the oldest are dropped where there is no room. False when it has been stopped. */
  offer(entry: SinkEntry, size: number): boolean {
    if (this.#stop.signal.aborted) return false;
    this.#queue.push({ entry, size });
    this.#bytes += size;
    this.#total.sent += 1;
    const { entries, bytes } = this.#options.limits;
    while (this.#length > 1 && (this.#length > entries || this.#bytes > bytes)) {
      this.#take(1);
      this.#lose("dropped", 1);
    }
    this.#sayLost();
    this.#running ??= this.#run();
    return true;
  }

  /** The sink has another state: it is looked for at once. */
  wake(): void {
    this.#wake();
  }

  /** Hands over what waits and flushes the sink. What is not taken when `signal` aborts is refused for good. */
  async stop(signal: AbortSignal): Promise<void> {
    await waitFor(this.#finish(), { signal });
    this.#stop.abort();
    // What is under way may be taken yet, and nobody will know: it is better twice than not at all.
    const left = [...this.#underway, ...this.#take(this.#length)];
    this.#underway = [];
    this.#queue = [];
    if (left.length > 0) this.#giveUp(left, { error: hostEnds, attempts: 0 });
    if (!(await waitFor(this.#burials, { limit: burialLimit }))) this.#lose("dropped", this.counts.waiting);
    this.#sayLost(true);
  }

  get #length(): number {
    return this.#queue.length - this.#head;
  }

  async #finish(): Promise<void> {
    await this.#running;
    try {
      await this.#options.sink()?.flush();
    } catch (error) {
      this.#options.onRefused(error, 0);
    }
  }

  async #run(): Promise<void> {
    // What one turn of the event loop brings goes into one batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#length > 0 && !this.#stop.signal.aborted) {
      const sink = await this.#started();
      if (sink === undefined) {
        await this.#pause();
        continue;
      }
      const batch = this.#take(this.#options.limits.batch);
      this.#underway = batch;
      const refusal = await this.#hand(batch, sink);
      // The end has come meanwhile, and has counted it.
      if (this.#underway !== batch) break;
      this.#underway = [];
      const changed = (refusal !== undefined) !== this.#refusing;
      this.#refusing = refusal !== undefined;
      if (refusal === undefined) this.#accepted += batch.length;
      else await this.#giveUp(batch, refusal);
      if (changed) this.#options.onRefused(refusal?.error, batch.length);
      this.#sayLost();
    }
    this.#running = undefined;
  }

  /** Offers a batch until the sink takes it, says that it never will, or has had its attempts; then why it did not. */
  async #hand(batch: readonly SinkEntry[], first: Sink): Promise<DeadReason | undefined> {
    const { deliver, clock } = this.#options;
    let sink: Sink | undefined = first;
    let error: unknown = notRunning;
    for (let attempt = 1; ; attempt++) {
      try {
        if (sink !== undefined) {
          await sink.write(batch);
          return undefined;
        }
      } catch (thrown) {
        error = thrown ?? notRunning;
      }
      const { attempts, backoff } = deliver();
      if (attempt >= attempts || this.#stop.signal.aborted || isPermanent(error)) return { error, attempts: attempt };
      const pause = Math.min(longestPause, backoff * 2 ** (attempt - 1));
      await clock.sleep(pause, this.#stop.signal).catch(() => undefined);
      sink = await this.#started();
    }
  }

  /** The sink, once it no longer starts: what comes meanwhile waits, and no attempt is used up. Undefined without one. */
  async #started(): Promise<Sink | undefined> {
    while (!this.#stop.signal.aborted) {
      try {
        const sink = this.#options.sink();
        if (sink !== undefined) return sink;
      } catch {
        return undefined;
      }
      await this.#pause();
    }
    return undefined;
  }

  async #pause(): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const signal = AbortSignal.any([this.#stop.signal, woken.signal]);
    await this.#options.clock.sleep(this.#options.limits.pause, signal).catch(() => undefined);
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

  /** What the dead letter does not keep is dropped. */
  #giveUp(entries: readonly SinkEntry[], why: DeadReason): Promise<void> {
    const burial = this.#options.bury(entries, why).then((kept) => {
      this.#lose("dead", kept);
      this.#lose("dropped", entries.length - kept);
    });
    this.#burials = Promise.all([this.#burials, burial]);
    return burial;
  }

  #lose(how: "dropped" | "dead", count: number): void {
    this.#unsaid[how] += count;
    this.#total[how] += count;
  }

  #sayLost(last = false): void {
    if (this.#unsaid.dropped + this.#unsaid.dead === 0) return;
    const now = this.#options.clock.now();
    if (!last && now - this.#saidAt < this.#options.limits.pause) return;
    this.#saidAt = now;
    const count = this.#unsaid;
    this.#unsaid = { dropped: 0, dead: 0 };
    this.#options.onLost(count);
  }
}

const notRunning = new Error("The sink does not run.");
const hostEnds = new Error("It was not taken before the host, or the sink, ended.");

/** What says so itself; anything else may pass. */
function isPermanent(error: unknown): boolean {
  return SluiceError.is(error) && !error.retryable;
}

/** Stands where an entry was, so that a queue keeps nothing alive that has left it. */
const nothing: QueueEntry = { entry: undefined as unknown as SinkEntry, size: 0 };
