import { SluiceError } from "../../contract/errors.ts";
import type { Clock } from "../../contract/tokens.ts";
import type { ModelTimeouts } from "./remote-config.ts";

/**
 * Holds one request to `firstToken`, `idle` and `total`. A token costs no timer: one sleeper wakes at the nearest
 * moment at which any of the three could have passed, and looks.
 */
export class AnswerWatchdog {
  readonly #clock: Clock;
  readonly #timeouts: ModelTimeouts;
  readonly #source: string;
  readonly #totalAt: number;
  readonly #stopped = new AbortController();
  #began: number;
  #last: number | undefined;

  /** `began` is the clock's time at which the first attempt began. */
  constructor(clock: Clock, timeouts: ModelTimeouts, source: string, began: number) {
    this.#clock = clock;
    this.#timeouts = timeouts;
    this.#source = source;
    this.#totalAt = began + limitOf(timeouts.total);
    this.#began = clock.now();
  }

  token(): void {
    this.#last = this.#clock.now();
  }

  stop(): void {
    this.#stopped.abort("stopped");
  }

  /** Calls `expired` once, unless stopped before. */
  async watch(expired: (error: SluiceError) => void): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const now = this.#clock.now();
      const phase = this.#last === undefined ? "firstToken" : "idle";
      const phaseAt = (this.#last ?? this.#began) + limitOf(this.#timeouts[phase]);
      if (now >= this.#totalAt) return expired(this.#error("total"));
      if (now >= phaseAt) return expired(this.#error(phase));
      const wake = Math.min(this.#totalAt, phaseAt) - now;
      // A first token moves the bound nearer, though never nearer than `idle` from now.
      await this.#clock.sleep(Math.min(wake, limitOf(this.#timeouts.idle)), signal).catch(() => {});
    }
  }

  #error(name: "firstToken" | "idle" | "total"): SluiceError {
    const seconds = this.#timeouts[name] / 1000;
    return new SluiceError(
      "SLUICE_MODEL_TIMEOUT",
      `${this.#source}: ${described[name]} within ${seconds} s (\`timeouts.${name}\`).`,
    );
  }
}

/** A limit of 0 is none. */
export function limitOf(milliseconds: number): number {
  return milliseconds > 0 ? milliseconds : Number.POSITIVE_INFINITY;
}

const described = { firstToken: "no first token", idle: "no further token", total: "no complete answer" } as const;
