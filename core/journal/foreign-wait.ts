import type { Store } from "../contract/store.ts";
import type { Clock } from "../contract/tokens.ts";

/** Milliseconds between looks at a run that another process writes: where nobody tells of it, and where somebody does. */
const pauses = { alone: 200, told: 2_000 };

/** How one follower waits for more of a run that another process writes. */
export class ForeignWait {
  readonly #clock: Clock;
  readonly #store: () => Store | undefined;
  readonly #run: string;
  #stop: (() => void) | undefined;
  /** More may have been written since the last pause ended. */
  #woken = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, store: () => Store | undefined, run: string) {
    this.#clock = clock;
    this.#store = store;
    this.#run = run;
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
    if (!this.#woken) await this.#sleep(this.#stop === undefined ? pauses.alone : pauses.told, signal);
    this.#woken = false;
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
