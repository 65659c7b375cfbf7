import { SluiceError } from "../contract/errors.ts";
import type { Usage } from "../contract/event.ts";
import type { BudgetLimits } from "../contract/run.ts";
import { plural } from "../kit/text/plural.ts";

/** Tokens that an answer is taken to have until it turns out longer. */
export const expectedOutput = 256;

/** What something used, or may use. */
export interface Amount {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars; null when the price is unknown. */
  readonly usd: number | null;
}

/** What was used of a budget, and what is reserved of it: tokens, US dollars, milliseconds. */
export interface BudgetUse {
  readonly input: number;
  readonly output: number;
  readonly usd: number;
  readonly time: number;
}

/** What one run, one session or one client may use: reserved before a request, settled after it. */
export class Budget {
  /** Whose it is, for messages: `the run`. */
  readonly owner: string;
  readonly #limits: BudgetLimits;
  #input: number;
  #output: number;
  #usd: number;
  #time: number;

  /** `spent`: what was used of it before. */
  constructor(owner: string, limits: BudgetLimits, spent: BudgetUse = { input: 0, output: 0, usd: 0, time: 0 }) {
    this.owner = owner;
    this.#limits = limits;
    this.#input = spent.input;
    this.#output = spent.output;
    this.#usd = spent.usd;
    this.#time = spent.time;
  }

  get spent(): BudgetUse {
    return { input: this.#input, output: this.#output, usd: this.#usd, time: this.#time };
  }

  get limitsMoney(): boolean {
    return this.#limits.usd !== undefined;
  }

  /** Milliseconds that a run may still take. */
  get timeLeft(): number | undefined {
    return this.#limits.time === undefined ? undefined : this.#limits.time - this.#time;
  }

  addTime(milliseconds: number): void {
    this.#time += milliseconds;
  }

  /** Why the amount does not fit, or undefined when it does. */
  refusal(source: string, amount: Amount): string | undefined {
    const { usd, tokens, inputTokens, outputTokens, unknownPrice = "refuse" } = this.#limits;
    const input = this.#input + amount.inputTokens;
    const output = this.#output + amount.outputTokens;
    if (inputTokens !== undefined && input > inputTokens) return `${plural(inputTokens, "token")} read`;
    if (outputTokens !== undefined && output > outputTokens) return `${plural(outputTokens, "token")} written`;
    if (tokens !== undefined && input + output > tokens) return plural(tokens, "token");
    if (usd === undefined) return undefined;
    if (amount.usd === null)
      return unknownPrice === "refuse" ? `${usd} USD, and ${source} has no known price` : undefined;
    return this.#usd + amount.usd > usd ? `${usd} USD` : undefined;
  }

  /** Adds what is reserved, or the difference to what was. */
  add(amount: Amount): void {
    this.#input += amount.inputTokens;
    this.#output += amount.outputTokens;
    this.#usd += amount.usd ?? 0;
  }
}

export type PriceOfUsage = (usage: Usage) => number | null;

/** What one request holds of all the budgets above it. */
export class Reservation {
  readonly #budgets: readonly Budget[];
  readonly #source: string;
  readonly #price: PriceOfUsage;
  #held: Amount;

  private constructor(budgets: readonly Budget[], source: string, price: PriceOfUsage, held: Amount) {
    this.#budgets = budgets;
    this.#source = source;
    this.#price = price;
    this.#held = held;
  }

  /**
   * Holds the prompt and the beginning of an answer. All budgets are asked before any is touched, at once: of requests
   * that come together only those that fit are admitted.
   *
   * @throws SluiceError SLUICE_RUN_BUDGET
   */
  static of(budgets: readonly Budget[], source: string, price: PriceOfUsage, inputTokens: number): Reservation {
    const nothing = { inputTokens: 0, outputTokens: 0, usd: 0 };
    const reservation = new Reservation(budgets, source, price, nothing);
    reservation.#hold({ inputTokens, outputTokens: expectedOutput });
    return reservation;
  }

  /** The answer has come to so many tokens. @throws SluiceError SLUICE_RUN_BUDGET when no more of it fits */
  written(outputTokens: number): void {
    if (outputTokens <= this.#held.outputTokens) return;
    this.#hold({ inputTokens: this.#held.inputTokens, outputTokens: outputTokens + expectedOutput });
  }

  /** What it really was. Nothing is refused any more: a budget may so be overdrawn, and then admits nothing. */
  settle(usage: Usage): void {
    this.#move({ ...usage, usd: this.#price(usage) });
  }

  #hold(usage: Usage): void {
    const amount = { ...usage, usd: this.#price(usage) };
    const more = difference(amount, this.#held);
    for (const budget of this.#budgets) {
      const refusal = budget.refusal(this.#source, more);
      if (refusal === undefined) continue;
      throw new SluiceError("SLUICE_RUN_BUDGET", `${this.#source}: the budget of ${budget.owner} is ${refusal}`);
    }
    this.#move(amount);
  }

  #move(amount: Amount): void {
    const more = difference(amount, this.#held);
    for (const budget of this.#budgets) budget.add(more);
    this.#held = amount;
  }
}

/** What the first is more than the second. */
export function difference(amount: Amount, held: Amount): Amount {
  return {
    inputTokens: amount.inputTokens - held.inputTokens,
    outputTokens: amount.outputTokens - held.outputTokens,
    usd: amount.usd === null ? null : amount.usd - (held.usd ?? 0),
  };
}
