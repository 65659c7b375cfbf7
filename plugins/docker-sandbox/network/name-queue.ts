import { type Resolve, systemResolver } from "../../../core/kit/index.ts";

/** Names of one container that are looked up at once, and that wait for it. */
const AT_ONCE = 2;
const WAITING = 64;

/** The look-ups of one container: two at a time, and so many more that wait for their turn. */
export class NameQueue {
  readonly #resolve: Resolve;
  readonly #waiting: (() => void)[] = [];
  #under = 0;

  constructor(resolve: Resolve = systemResolver) {
    this.#resolve = resolve;
  }

  /** Rejects when `signal` aborts, whether it waits or is under way. */
  async resolve(name: string, signal: AbortSignal): Promise<readonly string[]> {
    if (this.#under >= AT_ONCE) await this.#turn(signal);
    this.#under += 1;
    try {
      signal.throwIfAborted();
      return await this.#resolve(name, signal);
    } finally {
      this.#under -= 1;
      this.#waiting.shift()?.();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= WAITING) return Promise.reject(new Error("too many names are looked up at once"));
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener("abort", quit);
        resolve();
      };
      const quit = () => {
        const at = this.#waiting.indexOf(go);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", quit, { once: true });
      this.#waiting.push(go);
    });
  }
}
