import type { PlannedBudgets } from "../config/plan.ts";
import { SluiceError } from "../contract/errors.ts";
import type { BudgetLimits } from "../contract/run.ts";
import { Budget } from "./budget.ts";

/** Clients whose budgets are remembered; beyond it the one that was first seen is forgotten. */
const mostClients = 10_000;

export interface BudgetedRun {
  readonly session: object;
  readonly owner: string | undefined;
  /** What whoever opened it asked for. */
  readonly budget: BudgetLimits | undefined;
  /** Milliseconds. */
  readonly timeout: number | undefined;
}

/** Knows which budgets a run draws on: its own, its session's and its client's. */
export class BudgetBook {
  readonly #limits: PlannedBudgets;
  readonly #now: () => number;
  readonly #sessions = new WeakMap<object, Budget>();
  readonly #clients = new Map<string, { readonly budget: Budget; readonly until: number }>();

  constructor(limits: PlannedBudgets, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** @throws SluiceError SLUICE_RUN_BUDGET when one of them has no time left */
  of({ session, owner, budget, timeout }: BudgetedRun): { budgets: Budget[]; timeout: number | undefined } {
    const { run } = this.#limits;
    const asked = budget && { unknownPrice: run?.unknownPrice ?? "refuse", ...budget };
    const budgets = [
      ...(run ? [new Budget("the run", run)] : []),
      ...(asked ? [new Budget("the run", asked)] : []),
      ...this.#ofSession(session),
      ...(owner === undefined ? [] : this.#ofClient(owner)),
    ];
    for (const { owner: whose, timeLeft } of budgets) {
      if (timeLeft === undefined || timeLeft > 0) continue;
      throw new SluiceError("SLUICE_RUN_BUDGET", `the budget of ${whose} has no time left`);
    }
    const times = [timeout, ...budgets.map(({ timeLeft }) => timeLeft)].filter((time) => time !== undefined);
    return { budgets, timeout: times.length === 0 ? undefined : Math.min(...times) };
  }

  #ofSession(session: object): Budget[] {
    const limits = this.#limits.session;
    if (!limits) return [];
    const budget = this.#sessions.get(session) ?? new Budget("the session", limits);
    this.#sessions.set(session, budget);
    return [budget];
  }

  #ofClient(owner: string): Budget[] {
    const limits = this.#limits.client;
    if (!limits) return [];
    const known = this.#clients.get(owner);
    if (known && this.#now() < known.until) return [known.budget];
    this.#clients.delete(owner);
    const budget = new Budget("the client", limits);
    this.#clients.set(owner, { budget, until: this.#now() + limits.per });
    const [first] = this.#clients.keys();
    if (this.#clients.size > mostClients && first !== undefined) this.#clients.delete(first);
    return [budget];
  }
}
