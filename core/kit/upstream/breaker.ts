import { SluiceError } from "../../contract/errors.ts";
import type { Clock } from "../../contract/tokens.ts";
import type { BreakerPolicy } from "./remote-config.ts";

/**
 * Leaves a model alone that failed several times in a row. After the pause one request is let through; its first token
 * closes the breaker, its failure opens it again. Only failures of reachability count: a refused key or request says
 * nothing about the provider's health.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #policy: BreakerPolicy;
  readonly #source: string;
  #failures = 0;
  #openUntil: number | undefined;
  #trying = false;

  constructor(clock: Clock, policy: BreakerPolicy, source: string) {
    this.#clock = clock;
    this.#policy = policy;
    this.#source = source;
  }

  get open(): boolean {
    return this.#openUntil !== undefined;
  }

  /** Asks for one request. @throws SluiceError SLUICE_MODEL_PAUSED while the model is left alone. */
  admit(): BreakerPass {
    const trial = this.#openUntil !== undefined;
    if (trial) {
      const left = (this.#openUntil ?? 0) - this.#clock.now();
      if (left > 0 || this.#trying) {
        throw new SluiceError(
          "SLUICE_MODEL_PAUSED",
          `${this.#source}: left alone after ${this.#failures} failures in a row.`,
          { retryAfter: Math.max(0, Math.ceil(left)) },
        );
      }
      this.#trying = true;
    }
    return new BreakerPass((outcome) => this.#settle(outcome, trial));
  }

  #settle(outcome: Outcome, trial: boolean): void {
    if (trial) this.#trying = false;
    if (outcome === "abandoned") return;
    if (outcome === "ok") {
      this.#failures = 0;
      this.#openUntil = undefined;
      return;
    }
    this.#failures += 1;
    if (this.#policy.failures > 0 && this.#failures >= this.#policy.failures) {
      this.#openUntil = this.#clock.now() + this.#policy.pause;
    }
  }
}

type Outcome = "ok" | "failed" | "abandoned";

/** One request that was let through; only its first outcome counts. */
export class BreakerPass {
  #settle: ((outcome: Outcome) => void) | undefined;

  constructor(settle: (outcome: Outcome) => void) {
    this.#settle = settle;
  }

  ok(): void {
    this.#end("ok");
  }

  failed(error: SluiceError): void {
    this.#end(error.class === "unavailable" || error.class === "timeout" ? "failed" : "ok");
  }

  abandoned(): void {
    this.#end("abandoned");
  }

  #end(outcome: Outcome): void {
    this.#settle?.(outcome);
    this.#settle = undefined;
  }
}
