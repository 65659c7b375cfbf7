import { SluiceError } from "../contract/errors.ts";
import type { RunEvent } from "../contract/event.ts";
import type { Store } from "../contract/store.ts";
import type { Clock } from "../contract/tokens.ts";
import type { RunJournal } from "./run-journal.ts";
import type { RunEntry } from "./writer-options.ts";

export interface SharedWritesOptions {
  readonly clock: Clock;
  /** Milliseconds between attempts. */
  readonly retryAfter: number;
  /** Milliseconds that a write may take before the store counts as out of reach. */
  readonly timeLimit: number;
  /** What is told then. */
  readonly tooSlow: Error;
  readonly onFailed: (error: unknown) => void;
  readonly onRecovered: () => void;
  /** Another host has the run now. */
  readonly onTaken: (run: RunJournal, error: SluiceError) => void;
}

/** Milliseconds without a write that worked after which nothing new is begun: a server that takes over needs some of that. */
const patience = 2_000;

/**
 * Writes to a store that hosts of other machines write as well. A batch is held until the store has taken it: what a
 * reader was shown must not be contradicted by what another host wrote meanwhile.
 */
export class SharedWrites {
  readonly #options: SharedWritesOptions;
  readonly #stop = new AbortController();
  #stuck = false;
  #cutOff = false;
  /** Aborted when the store can be written again. */
  #trouble = new AbortController();
  /** Resolves when the store cannot be written; replaced when it can. */
  #blocked = Promise.withResolvers<void>();

  constructor(options: SharedWritesOptions) {
    this.#options = options;
  }

  /** The store cannot be written now, and events wait. */
  get stuck(): boolean {
    return this.#stuck;
  }

  /** Nor could it be written for so long that no server takes over from another one. */
  get cutOff(): boolean {
    return this.#cutOff;
  }

  get blocked(): Promise<void> {
    return this.#blocked.promise;
  }

  /** Gives up what is waited for; a last attempt is made of what comes after. */
  stop(): void {
    this.#stop.abort();
    this.#trouble.abort();
  }

  /** Resolves with what the store has taken: all of it, but for runs that another host has now. */
  async write(store: Store, batch: readonly RunEntry[]): Promise<readonly RunEntry[]> {
    let left = batch.filter(({ run }) => !run.taken);
    const accepted: RunEntry[] = [];
    while (left.length > 0) {
      const began = performance.now();
      const { done, failure } = await this.#attempt(store, left);
      accepted.push(...done);
      left = left.filter((each) => !each.run.taken && !done.includes(each));
      if (left.length === 0) break;
      this.#block(failure, performance.now() - began);
      if (this.#stop.signal.aborted) break;
      await this.#options.clock.sleep(this.#options.retryAfter, this.#stop.signal).catch(() => undefined);
    }
    if (left.length === 0) this.#release();
    return accepted;
  }

  /** All at once, and where that is refused run by run: one run's refusal is no other's. */
  async #attempt(store: Store, batch: readonly RunEntry[]): Promise<{ done: readonly RunEntry[]; failure?: unknown }> {
    try {
      await this.#append(store, eventsOf(batch));
      return { done: this.#accept(batch) };
    } catch (error) {
      if (!isOfOneRun(error)) return { done: [], failure: error };
    }
    const done: RunEntry[] = [];
    let failure: unknown;
    for (const [run, entries] of Map.groupBy(batch, ({ run }) => run)) {
      try {
        await this.#writeRun(store, run, entries);
        done.push(...this.#accept(entries));
      } catch (error) {
        if (SluiceError.is(error) && error.code === "SLUICE_RUN_TAKEN") this.#take(run, SluiceError.from(error));
        else failure = error;
      }
    }
    return { done, failure };
  }

  /** Where the store has lost the run, it is given all of it that memory has. */
  async #writeRun(store: Store, run: RunJournal, entries: readonly RunEntry[]): Promise<void> {
    try {
      await this.#append(store, eventsOf(entries));
    } catch (error) {
      if (!SluiceError.is(error) || error.code !== "SLUICE_STORE_REPLACED") throw error;
      run.stored = 0;
      const missing = run.published === 0 ? [] : run.missing().map(({ event }) => event);
      await this.#append(store, [...missing, ...eventsOf(entries)]);
    }
  }

  /**
   * A batch is not given again while it is under way: whoever takes it late would refuse it the second time. Too slow a
   * write is told of, and waited for.
   */
  async #append(store: Store, events: readonly RunEvent[]): Promise<void> {
    const { clock, timeLimit, tooSlow } = this.#options;
    const over = new AbortController();
    const given = Promise.resolve(store.append(events)).finally(() => over.abort());
    while (!over.signal.aborted) {
      const slow = clock.sleep(timeLimit, over.signal).then(
        () => true,
        () => false,
      );
      if (!(await Promise.race([given.then(() => false), slow]))) break;
      this.#block(tooSlow, timeLimit);
      if (this.#stop.signal.aborted) throw tooSlow;
    }
    await given;
  }

  #accept(batch: readonly RunEntry[]): readonly RunEntry[] {
    for (const { run, entry } of batch) run.stored = entry.seq;
    return batch;
  }

  #take(run: RunJournal, error: SluiceError): void {
    run.taken = true;
    this.#options.onTaken(run, error);
  }

  /** `waited`: milliseconds that the attempt took. */
  #block(error: unknown, waited: number): void {
    this.#options.onFailed(error);
    if (!this.#stuck) {
      this.#trouble = new AbortController();
      const left = Math.max(0, patience - waited);
      const isOver = () => {
        this.#cutOff = true;
      };
      if (left === 0) isOver();
      else this.#options.clock.sleep(left, this.#trouble.signal).then(isOver, () => undefined);
    }
    this.#stuck = true;
    this.#blocked.resolve();
  }

  #release(): void {
    if (!this.#stuck) return;
    this.#trouble.abort();
    this.#cutOff = false;
    this.#stuck = false;
    this.#blocked = Promise.withResolvers<void>();
    this.#options.onRecovered();
  }
}

function eventsOf(batch: readonly RunEntry[]): readonly RunEvent[] {
  return batch.map(({ entry }) => entry.event);
}

/** What concerns one run, and says nothing of the others in its batch. */
function isOfOneRun(error: unknown): boolean {
  return SluiceError.is(error) && (error.code === "SLUICE_RUN_TAKEN" || error.code === "SLUICE_STORE_REPLACED");
}
