import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../contract/tokens.ts";

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];
  #arrivals: (() => void)[] = [];

  /** `start`: milliseconds since 1970. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** How many sleeps are under way. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        due: this.#now + Math.max(0, milliseconds),
        wake: () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#sleepers.push(sleeper);
      for (const arrived of this.#arrivals.splice(0)) arrived();
    });
  }

  /** Resolves when at least `count` sleeps are under way. */
  async untilSleeping(count = 1): Promise<void> {
    while (this.#sleepers.length < count) await new Promise<void>((resolve) => this.#arrivals.push(resolve));
  }

  /** Moves time on, waking whoever is due in the order of time; what a sleeper starts next may come due as well. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await nextTurn();
      const due = this.#sleepers.filter((sleeper) => sleeper.due <= end).sort((a, b) => a.due - b.due)[0];
      if (due === undefined) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== due);
      this.#now = Math.max(this.#now, due.due);
      due.wake();
    }
    this.#now = end;
    await nextTurn();
  }
}
