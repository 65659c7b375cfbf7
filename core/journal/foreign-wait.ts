import type { Store } from "../contract/store.ts";
import type { Clock } from "../contract/tokens.ts";

/** Milliseconds between looks at a run that another process writes: where nobody tells of it, where the store does, and after a read that failed. */
const pauses = { alone: 200, told: 60_000, failed: 1_000 };

/** How one follower waits for more of a run that another process writes. */
export class ForeignWait {
  readonly #clock: Clock;
  readonly #store: () => Store | undefined;
  readonly #run: string;
  #stop: (() => void) | undefined;
  /** More may have been written since the last pause ended. */
  #woken = false;
  /** The store was read to its end after it had begun to tell. */
  #caughtUp = false;
  /** What there was could not be read. */
  #failed = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, store: () => Store | undefined, run: string) {
    this.#clock = clock;
    this.#store = store;
    this.#run = run;
  }

  /** Whether there is nothing to read until the store tells of something. */
  get idle(): boolean {
    return this.#caughtUp && !this.#woken;
  }

  /** The store is about to be read: what it tells of from now on is news. Returns what to call when it had no more. */
  reading(): () => void {
    this.#woken = false;
    this.#caughtUp = false;
    const told = this.#stop !== undefined;
    return () => {
      this.#caughtUp = told;
    };
  }

  /** The store could not be read: it is asked again soon, whatever it tells. */
  failed(): void {
    this.#failed = true;
  }

  async pause(signal: AbortSignal): Promise<void> {
    const store = this.#store();
    if (this.#stop === undefined && store?.watch !== undefined) {
      this.#stop = store.watch(this.#run, () => {
        this.#woken = true;
        this.#wake?.();
      });
      // What came before it watched is to be read at once.
      return;
    }
    if (this.#failed) await this.#sleep(pauses.failed, signal);
    else if (!this.#woken) await this.#sleep(this.#stop === undefined ? pauses.alone : pauses.told, signal);
    this.#failed = false;
    this.#caughtUp = false;
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  async #sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await this.#clock.sleep(milliseconds, AbortSignal.any([signal, woken.signal]));
    } catch (error) {
      if (signal.aborted) throw error;
    } finally {
      this.#wake = undefined;
    }
  }
}
