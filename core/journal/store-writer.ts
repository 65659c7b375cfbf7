import { SluiceError } from "../contract/errors.ts";
import type { Store } from "../contract/store.ts";
import { missedOf, type RunJournal } from "./run-journal.ts";
import { SharedWrites } from "./shared-writes.ts";
import { StoreQueue } from "./store-queue.ts";
import type { RunEntry, WriterOptions } from "./writer-options.ts";

/**
 * Bytes that go to the store in one turn of the event loop. One of this machine writes at once, and nobody else has a
 * turn meanwhile. One that hosts share is waited for.
 */
const largestBatch = { own: 512 * 1024, shared: 1024 * 1024 };

/** Takes events to the store in batches, one batch at a time, and publishes what the store has accepted. */
export class StoreWriter {
  readonly #options: WriterOptions;
  readonly #stopping = new AbortController();
  #store: Store | undefined;
  /** The store is not written to: it failed, or lacks events from before it came. */
  #failed = false;
  /** What was told last of a failed store. */
  #reported: SluiceError | undefined;
  readonly #pending = new StoreQueue();
  #bytes = 0;
  #scheduled = false;
  #writing: Promise<void> | undefined;
  #catching: Promise<void> | undefined;
  #relief: PromiseWithResolvers<void> | undefined;
  readonly #shared: SharedWrites;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#shared = new SharedWrites({
      clock: options.clock,
      retryAfter: Math.min(options.retryAfter, 1_000),
      ...{ timeLimit: options.timeLimit, tooSlow },
      onFailed: (error) => this.#report(error),
      onRecovered: () => this.#recovered(),
      onTaken: options.onTaken,
    });
  }

  /** Bytes that wait for the store. */
  get waiting(): number {
    return this.#bytes;
  }

  /** The shared store cannot be written now: what is appended waits, unseen. */
  get stuck(): boolean {
    return this.#shared.stuck;
  }

  /** Nor could it for so long that nothing new should be begun: it says so itself, or writes failed. */
  get cutOff(): boolean {
    return this.#shared.cutOff || (this.#store?.shared === true && this.#store.outOfReach === true);
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

  add(item: RunEntry): void {
    this.#pending.add(item);
    this.#bytes += item.entry.size;
    this.#schedule();
  }

  pressure(): Promise<void> | undefined {
    if (this.#bytes <= this.#options.pendingBytes) return undefined;
    this.#relief ??= Promise.withResolvers<void>();
    return this.#relief.promise;
  }

  /** Resolves when everything added so far is published, or waits for a shared store that cannot be reached. */
  async flush(): Promise<void> {
    while (this.#pending.length > 0 || this.#writing !== undefined) {
      if (this.#writing === undefined) this.#drain();
      if (this.#shared.stuck) return;
      await Promise.race([this.#writing, this.#shared.blocked]);
    }
  }

  /** What keeps the store from having everything, once it has been asked again. */
  async settle(): Promise<SluiceError | undefined> {
    await this.flush();
    if (this.#failed) await this.#catchUp();
    return this.#failed || this.#shared.stuck ? this.#reported : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.settle();
    this.#shared.stop();
    await this.#writing;
    if (this.#failed) await this.#storeEnds();
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
    const batch = this.#pending.take(this.#store?.shared ? largestBatch.shared : largestBatch.own);
    if (this.#store?.shared) {
      this.#writing = this.#shared.write(this.#store, batch).then((accepted) => this.#written(batch, accepted));
      return;
    }
    const write = this.#store === undefined || this.#failed ? undefined : this.#write(batch);
    if (write === undefined) {
      this.#accept(batch);
      if (this.#pending.length > 0) this.#schedule();
      return;
    }
    this.#writing = write.then(() => this.#written(batch));
  }

  #written(batch: readonly RunEntry[], accepted: readonly RunEntry[] = batch): void {
    this.#writing = undefined;
    this.#accept(batch, accepted);
    if (this.#pending.length > 0) this.#schedule();
  }

  #accept(batch: readonly RunEntry[], accepted: readonly RunEntry[] = batch): void {
    for (const { entry } of batch) this.#bytes -= entry.size;
    for (const { run, entry } of accepted) {
      if (entry.seq === 1 && this.#store !== undefined) run.head = entry;
    }
    this.#options.publish(accepted);
    if (this.#relief === undefined || this.#bytes > this.#options.pendingBytes / 2) return;
    this.#relief.resolve();
    this.#relief = undefined;
  }

  /** Undefined when the store took the batch synchronously; the promise never rejects. */
  #write(batch: readonly RunEntry[]): Promise<void> | undefined {
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
      return this.#limited(result).then(accepted, (error) => this.fail(error));
    } catch (error) {
      this.fail(error);
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

  /** Counts the store as failed, and tries it again and again. */
  fail(error: unknown): void {
    this.#report(error);
    if (isReplaced(error)) this.#beginAnew();
    if (this.#failed) return;
    this.#failed = true;
    void this.#retry();
  }

  /** What the store had is gone: everything that memory still has is missing in it. */
  #beginAnew(): void {
    for (const run of this.#options.runs()) {
      run.stored = 0;
      run.holes = false;
      run.storable = true;
    }
  }

  async #retry(): Promise<void> {
    try {
      while (this.#failed) {
        if (this.#reported !== undefined && isReplaced(this.#reported)) await this.#catchUp();
        if (!this.#failed) return;
        await this.#options.clock.sleep(this.#options.retryAfter, this.#stopping.signal);
        if (this.#failed) await this.#catchUp();
      }
    } catch {
      // Stopped.
    }
  }

  /** Gives the store what it missed, as far as memory has it. Uses the store again when it takes that. */
  #catchUp(): Promise<void> {
    this.#catching ??= this.#catchUpOnce().finally(() => {
      this.#catching = undefined;
    });
    return this.#catching;
  }

  /** Meanwhile events are published from memory; so it goes round until nothing came in between. */
  async #catchUpOnce(): Promise<void> {
    for (let missed = missedOf(this.#options.runs()); missed.length > 0; missed = missedOf(this.#options.runs())) {
      const refused: RunJournal[] = [];
      let cause: unknown;
      for (const [run, entries] of missed) {
        try {
          await this.#limited(this.#store?.append(entries.map(({ event }) => event)));
          run.stored = entries.at(-1)?.seq ?? run.stored;
        } catch (error) {
          refused.push(run);
          cause = error;
          if (error === tooSlow || isReplaced(error)) break;
        }
      }
      if (cause === undefined) continue;
      if (isReplaced(cause)) this.#beginAnew();
      if (refused.length === missed.length || cause === tooSlow || isReplaced(cause)) return this.#report(cause);
      // The store works, but not for these: another host may have ended them. Nobody else shall suffer for that.
      for (const run of refused) run.storable = false;
      this.#report(cause);
    }
    this.#failed = false;
    this.#recovered();
  }

  #recovered(): void {
    if (this.#reported !== undefined) this.#options.onRecovered();
    this.#reported = undefined;
  }

  /**
   * The last chance, where a full store keeps room for: how each run ended, without what came before. So a run that has
   * ended is not taken for one whose host died.
   */
  async #storeEnds(): Promise<void> {
    for (const run of this.#options.runs()) {
      const end = run.finished ? run.missing().at(-1) : undefined;
      if (end === undefined || !run.storable) continue;
      const events = run.stored === 0 && run.head !== undefined && run.head !== end ? [run.head, end] : [end];
      try {
        await this.#limited(this.#store?.append(events.map(({ event }) => event)));
        run.stored = end.seq;
        run.holes = true;
      } catch (error) {
        this.#report(error);
        return;
      }
    }
  }

  /** Once for each reason: what is told again and again is read no more. */
  #report(error: unknown): void {
    const { timeLimit, onFailed } = this.#options;
    const cause = error === tooSlow ? new Error(`The store did not answer within ${timeLimit} ms.`) : error;
    const reported = SluiceError.from(cause, "SLUICE_STORE_FAILED");
    if (this.#reported?.message === reported.message) return;
    this.#reported = reported;
    onFailed(reported);
  }
}

function isReplaced(error: unknown): boolean {
  return SluiceError.is(error) && error.code === "SLUICE_STORE_REPLACED";
}

/** Thrown in place of an answer that did not come in time. */
const tooSlow = new Error("too slow");
