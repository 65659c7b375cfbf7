import { SluiceError } from "../contract/errors.ts";
import type { Store } from "../contract/store.ts";
import type { Clock } from "../contract/tokens.ts";
import type { Entry } from "./entry.ts";
import type { RunJournal } from "./run-journal.ts";

/** What goes to the store in one turn of the event loop. */
const largestBatch = { events: 256, bytes: 1024 * 1024 };

export interface Written {
  readonly run: RunJournal;
  readonly entry: Entry;
}

export interface WriterOptions {
  readonly clock: Clock;
  /** Bytes not yet accepted by the store from where producers should pause. */
  readonly pendingBytes: number;
  /** Milliseconds that one `append` may take before the store counts as failed. */
  readonly timeLimit: number;
  /** Milliseconds between attempts to use a failed store again. */
  readonly retryAfter: number;
  /** Makes events visible; called with everything exactly once, in the order of `add`. */
  readonly publish: (batch: readonly Written[]) => void;
  /** Runs whose events may be in memory alone. */
  readonly runs: () => Iterable<RunJournal>;
  readonly onFailed: (error: SluiceError) => void;
  readonly onRecovered: () => void;
}

/** Takes events to the store in batches, one batch at a time, and publishes what the store has accepted. */
export class StoreWriter {
  readonly #options: WriterOptions;
  readonly #stopping = new AbortController();
  #store: Store | undefined;
  /** The store is not written to: it failed, or lacks events from before it came. */
  #failed = false;
  #reported = false;
  #pending: Written[] = [];
  #bytes = 0;
  #scheduled = false;
  #writing: Promise<void> | undefined;
  #catching: Promise<void> | undefined;
  #relief: PromiseWithResolvers<void> | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** The store, also while it is failed: what it holds may still be read. */
  get store(): Store | undefined {
    return this.#store;
  }

  attach(store: Store | undefined): void {
    this.#store = store;
    if (store === undefined) return;
    const retrying = this.#failed;
    this.#failed ||= [...this.#options.runs()].some((run) => run.stored < run.published);
    if (!this.#failed) return;
    void this.#catchUp();
    if (!retrying) void this.#retry();
  }

  add(item: Written): void {
    this.#pending.push(item);
    this.#bytes += item.entry.size;
    this.#schedule();
  }

  pressure(): Promise<void> | undefined {
    if (this.#bytes <= this.#options.pendingBytes) return undefined;
    this.#relief ??= Promise.withResolvers<void>();
    return this.#relief.promise;
  }

  /** Resolves when everything added so far is published. */
  async flush(): Promise<void> {
    while (this.#pending.length > 0 || this.#writing !== undefined) {
      if (this.#writing === undefined) this.#drain();
      await this.#writing;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    if (this.#failed) await this.#catchUp();
    this.#stopping.abort();
  }

  /** One turn of the event loop gathers what came with it; an idle host adds no more than that turn. */
  #schedule(): void {
    if (this.#scheduled || this.#writing !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#writing === undefined) this.#drain();
    });
  }

  #drain(): void {
    if (this.#pending.length === 0) return;
    const batch = this.#pending.splice(0, this.#batchSize());
    const write = this.#store === undefined || this.#failed ? undefined : this.#write(batch);
    if (write === undefined) {
      this.#accept(batch);
      if (this.#pending.length > 0) this.#schedule();
      return;
    }
    this.#writing = write.then(() => {
      this.#writing = undefined;
      this.#accept(batch);
      if (this.#pending.length > 0) this.#schedule();
    });
  }

  /** A store writes its batch at once, and nobody else has a turn meanwhile. */
  #batchSize(): number {
    let bytes = 0;
    const end = this.#pending.findIndex(({ entry }, index) => {
      bytes += entry.size;
      return index >= largestBatch.events || (index > 0 && bytes > largestBatch.bytes);
    });
    return end < 0 ? this.#pending.length : end;
  }

  #accept(batch: readonly Written[]): void {
    for (const { entry } of batch) this.#bytes -= entry.size;
    this.#options.publish(batch);
    if (this.#relief === undefined || this.#bytes > this.#options.pendingBytes / 2) return;
    this.#relief.resolve();
    this.#relief = undefined;
  }

  /** Undefined when the store took the batch synchronously; the promise never rejects. */
  #write(batch: readonly Written[]): Promise<void> | undefined {
    const store = this.#store;
    const storable = batch.filter(({ run }) => run.storable);
    if (store === undefined || storable.length === 0) return undefined;
    const accepted = () => {
      for (const { run, entry } of storable) run.stored = entry.seq;
    };
    try {
      const result = store.append(storable.map(({ entry }) => entry.event));
      if (result === undefined) {
        accepted();
        return undefined;
      }
      return this.#limited(result).then(accepted, (error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  async #limited(result: Promise<void> | void): Promise<void> {
    if (result === undefined) return;
    const done = new AbortController();
    const limit = this.#options.clock.sleep(this.#options.timeLimit, done.signal).then(() => {
      throw tooSlow;
    });
    try {
      await Promise.race([result, limit]);
    } finally {
      done.abort();
      limit.catch(() => undefined);
    }
  }

  #fail(error: unknown): void {
    this.#report(error);
    if (this.#failed) return;
    this.#failed = true;
    void this.#retry();
  }

  async #retry(): Promise<void> {
    try {
      while (this.#failed) {
        await this.#options.clock.sleep(this.#options.retryAfter, this.#stopping.signal);
        if (this.#failed) await this.#catchUp();
      }
    } catch {
      // Stopped.
    }
  }

  /** Gives the store what it missed, as far as memory still has it, and uses it again when it takes it. */
  #catchUp(): Promise<void> {
    this.#catching ??= this.#catchUpOnce().finally(() => {
      this.#catching = undefined;
    });
    return this.#catching;
  }

  /** Meanwhile events are published from memory; so it goes round until nothing came in between. */
  async #catchUpOnce(): Promise<void> {
    for (let missed = this.#missed(); missed.length > 0; missed = this.#missed()) {
      const refused: RunJournal[] = [];
      let cause: unknown;
      for (const [run, entries] of missed) {
        try {
          await this.#limited(this.#store?.append(entries.map(({ event }) => event)));
          run.stored = entries.at(-1)?.seq ?? run.stored;
        } catch (error) {
          refused.push(run);
          cause = error;
          if (error === tooSlow) break;
        }
      }
      if (cause === undefined) continue;
      if (refused.length === missed.length || cause === tooSlow) return this.#report(cause);
      // The store works, but not for these: another host may have ended them. Nobody else shall suffer for that.
      for (const run of refused) run.storable = false;
      this.#report(cause);
    }
    this.#failed = false;
    if (this.#reported) this.#options.onRecovered();
    this.#reported = false;
  }

  #missed(): [RunJournal, Entry[]][] {
    const missed: [RunJournal, Entry[]][] = [];
    for (const run of this.#options.runs()) {
      if (run.stored === run.published) continue;
      if (run.stored + 1 < run.ring.first) run.storable = false;
      if (run.storable) missed.push([run, run.ring.slice(run.stored, Number.POSITIVE_INFINITY)]);
    }
    return missed;
  }

  #report(error: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    const { timeLimit, onFailed } = this.#options;
    const cause = error === tooSlow ? new Error(`The store did not answer within ${timeLimit} ms.`) : error;
    onFailed(SluiceError.from(cause, "SLUICE_STORE_FAILED"));
  }
}

/** Thrown in place of an answer that did not come in time. */
const tooSlow = new Error("too slow");
