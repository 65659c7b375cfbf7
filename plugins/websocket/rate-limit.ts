import type { Clock } from "../../core/contract/index.ts";

/** A bucket of tokens: `rate` a second, twice as many in a burst. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #rate: number;
  #tokens: number;
  #last: number;

  constructor(clock: Clock, rate: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#tokens = 2 * rate;
    this.#last = clock.now();
  }

  /** Milliseconds to wait when there is no room for `cost`, else 0 and it is taken. */
  take(cost: number): number {
    const now = this.#clock.now();
    this.#tokens = Math.min(2 * this.#rate, this.#tokens + ((now - this.#last) / 1000) * this.#rate);
    this.#last = now;
    if (this.#tokens >= cost) {
      this.#tokens -= cost;
      return 0;
    }
    return Math.ceil(((cost - this.#tokens) / this.#rate) * 1000);
  }
}
