import type { EventData, Usage } from "../contract/event.ts";

export type Cost = EventData["run-end"]["cost"];

/** Adds up what the models of a run used, those of cancelled branches included. */
export class Bill {
  #inputTokens = 0;
  #outputTokens = 0;
  #estimated = false;
  #amount: number | null = 0;

  /** `amount` is null when the price is unknown: then the whole cost is. */
  add(usage: Usage, amount: number | null): void {
    this.#inputTokens += usage.inputTokens;
    this.#outputTokens += usage.outputTokens;
    this.#estimated ||= usage.estimated ?? false;
    // A request that never was answered costs nothing, whatever its price.
    if (usage.inputTokens + usage.outputTokens === 0) return;
    this.#amount = this.#amount === null || amount === null ? null : this.#amount + amount;
  }

  get usage(): Usage {
    return {
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      ...(this.#estimated ? { estimated: true } : {}),
    };
  }

  get cost(): Cost {
    return { amount: this.#amount, currency: "USD" };
  }
}
