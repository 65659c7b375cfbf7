import { SluiceError } from "../../contract/errors.ts";
import type { Clock } from "../../contract/tokens.ts";
import type { LimitPolicy } from "./remote-config.ts";

const minute = 60_000;

/**
 * Keeps the requests of one model within what its account allows. They wait here in the order they came, and not at the
 * provider. Its refusals cost time and count as well.
 */
export class Limiter {
  readonly #clock: Clock;
  readonly #policy: () => LimitPolicy | undefined;
  readonly #source: string;
  /** When the requests of the last minute began. */
  #begun: number[] = [];
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** `policy` is asked at each request, since it may change. */
  constructor(clock: Clock, policy: () => LimitPolicy | undefined, source: string) {
    this.#clock = clock;
    this.#policy = policy;
    this.#source = source;
  }

  /**
   * Waits for its turn, at most `longest` milliseconds.
   *
   * @throws SluiceError SLUICE_MODEL_RATE_LIMIT when it would have to wait longer, so that a fallback can answer
   */
  async enter(longest: number, signal: AbortSignal): Promise<Disposable> {
    const until = this.#clock.now() + longest;
    // A place that is given back goes to whoever waits longest, and never was free to others.
    if (this.#isFree()) this.#running += 1;
    else await this.#handedOver(until, signal);
    try {
      for (let left = this.#untilRate(); left > 0; left = this.#untilRate()) {
        if (this.#clock.now() + left > until) throw this.#busy(left);
        await this.#clock.sleep(left, signal);
      }
    } catch (error) {
      this.#leave();
      throw error;
    }
    if ((this.#policy()?.requestsPerMinute ?? 0) > 0) this.#begun.push(this.#clock.now());
    let left = false;
    return {
      [Symbol.dispose]: () => {
        if (!left) this.#leave();
        left = true;
      },
    };
  }

  #isFree(): boolean {
    const most = this.#policy()?.concurrent ?? 0;
    return most === 0 || this.#running < most;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }

  /** Milliseconds until the next request may begin. */
  #untilRate(): number {
    const most = this.#policy()?.requestsPerMinute ?? 0;
    const now = this.#clock.now();
    this.#begun = this.#begun.filter((begun) => begun > now - minute);
    const oldest = this.#begun.at(-most);
    return most === 0 || oldest === undefined || this.#begun.length < most ? 0 : oldest + minute - now;
  }

  async #handedOver(until: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    let mine = () => {};
    const handed = new Promise<void>((resolve) => {
      mine = resolve;
      this.#waiting.push(resolve);
    });
    const late = this.#clock.sleep(Math.max(0, until - this.#clock.now()), AbortSignal.any([signal, ended.signal]));
    try {
      await Promise.race([handed, late.then(() => Promise.reject(this.#busy(0)))]);
    } catch (error) {
      const index = this.#waiting.indexOf(mine);
      if (index >= 0) this.#waiting.splice(index, 1);
      // It got a place in the moment it gave up.
      else this.#leave();
      throw error;
    } finally {
      ended.abort();
      late.catch(() => undefined);
    }
  }

  #busy(retryAfter: number): SluiceError {
    const message = `${this.#source}: its own \`limits\` hold the request back for longer than it may wait.`;
    return new SluiceError("SLUICE_MODEL_RATE_LIMIT", message, retryAfter > 0 ? { retryAfter } : {});
  }
}
