import type { Clock, Logger } from "../../core/contract/index.ts";
import { isBusy, storeFailure } from "./failure.ts";

/** Milliseconds between two attempts at first and at most, and after which it is said that something is waited for. */
const waiting = { pause: 5, longestPause: 80, told: 500 };

export interface PatienceOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Waits for a file that another process holds, without stopping anything else. */
export class Patience {
  readonly #options: PatienceOptions;
  /** It was said that the file is waited for, and it has not been had since. */
  #told = false;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /**
   * Does it at once, or, while another process holds the file, again and again until the limit (milliseconds).
   * @throws SluiceError, also from the promise
   */
  orLater(action: () => void, limit: number): Promise<void> | void {
    try {
      action();
      this.#told = false;
    } catch (error) {
      if (isBusy(error)) return this.#later(action, limit);
      throw storeFailure(this.#options.path, error);
    }
  }

  async #later(action: () => void, limit: number): Promise<void> {
    const { clock, signal, path, log } = this.#options;
    let pause = waiting.pause;
    for (let waited = pause; ; waited += pause) {
      await clock.sleep(pause, signal);
      try {
        action();
        this.#told = false;
        return;
      } catch (error) {
        if (!isBusy(error) || waited >= limit) throw storeFailure(path, error);
        pause = Math.min(pause * 2, waiting.longestPause);
      }
      if (this.#told || waited < waiting.told) continue;
      this.#told = true;
      log.warn(`waiting for ${path}, which another process holds`, { code: "SLUICE_STORE_FAILED" });
    }
  }
}
