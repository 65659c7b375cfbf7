import type { PlannedBudgets } from "../config/plan.ts";
import { SluiceError } from "../contract/errors.ts";
import type { SharedValues } from "../contract/queue.ts";
import type { BudgetLimits } from "../contract/run.ts";
import { firstToGo } from "../kit/first-to-go.ts";
import { Budget, type BudgetUse } from "./budget.ts";
import { realmOf } from "./principal.ts";
import { SharedBudget } from "./shared-budget.ts";

/** Clients whose budgets are remembered; beyond it one is forgotten of the transport that has the most. */
const mostClients = 10_000;
/** Milliseconds that a host which stops tries to tell others. */
const untilCounted = 2_000;

/** A session as its budget sees it. */
export interface BudgetedSession {
  /** What was used of it, while another host had it. */
  readonly spentBefore: BudgetUse | undefined;
  budget: Budget | undefined;
}

export interface BudgetedRun {
  readonly session: BudgetedSession;
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
  readonly #sessions = new WeakMap<BudgetedSession, Budget>();
  readonly #clients = new Map<string, { readonly budget: Budget; readonly until: number; readonly realm: string }>();

  /** Values that hosts share, where they do. */
  readonly #values: () => SharedValues | undefined;
  readonly #pending = new Set<Promise<unknown>>();

  constructor(limits: PlannedBudgets, now: () => number, values: () => SharedValues | undefined = () => undefined) {
    this.#limits = limits;
    this.#now = now;
    this.#values = values;
  }

  /** Resolves when other hosts know what was used here, or cannot be told now. */
  async counted(): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, untilCounted).unref());
    await Promise.race([Promise.all(this.#pending), late]);
  }

  /** @throws SluiceError SLUICE_RUN_BUDGET when one of them has no time left */
  of({ session, owner, budget, timeout }: BudgetedRun): {
    readonly budgets: Budget[];
    readonly shared: SharedBudget | undefined;
    readonly timeout: number | undefined;
  } {
    const { run } = this.#limits;
    const shared = owner === undefined ? undefined : this.#sharedOf(owner);
    const asked = budget && { unknownPrice: run?.unknownPrice ?? "refuse", ...budget };
    const budgets = [
      ...(run ? [new Budget("the run", run)] : []),
      ...(asked ? [new Budget("the run", asked)] : []),
      ...this.#ofSession(session),
      ...(owner === undefined || shared !== undefined ? [] : this.#ofClient(owner)),
    ];
    for (const { owner: whose, timeLeft } of budgets) {
      if (timeLeft === undefined || timeLeft > 0) continue;
      throw new SluiceError("SLUICE_RUN_BUDGET", `the budget of ${whose} has no time left`);
    }
    const times = [timeout, ...budgets.map(({ timeLeft }) => timeLeft)].filter((time) => time !== undefined);
    return { budgets, shared, timeout: times.length === 0 ? undefined : Math.min(...times) };
  }

  #ofSession(session: BudgetedSession): Budget[] {
    const limits = this.#limits.session;
    if (!limits) return [];
    const budget = this.#sessions.get(session) ?? new Budget("the session", limits, session.spentBefore);
    this.#sessions.set(session, budget);
    session.budget = budget;
    return [budget];
  }

  /** Of a cluster: a client's budget is one at all hosts. */
  #sharedOf(key: string): SharedBudget | undefined {
    const limits = this.#limits.client;
    const values = limits && this.#values();
    return values && new SharedBudget({ owner: "the client", key, limits, values }, this.#pending);
  }

  #ofClient(owner: string): Budget[] {
    const limits = this.#limits.client;
    if (!limits) return [];
    const known = this.#clients.get(owner);
    if (known && this.#now() < known.until) return [known.budget];
    this.#clients.delete(owner);
    const budget = new Budget("the client", limits);
    this.#clients.set(owner, { budget, until: this.#now() + limits.per, realm: realmOf(owner) });
    if (this.#clients.size > mostClients) this.#makeRoom();
    return [budget];
  }

  /** What is forgotten begins anew: first those that would, then one of the transport that has the most. */
  #makeRoom(): void {
    const now = this.#now();
    // All have the same time, so those that are over are the first.
    for (const [owner, { until }] of this.#clients) {
      if (now < until) break;
      this.#clients.delete(owner);
    }
    if (this.#clients.size <= mostClients) return;
    const first = firstToGo(this.#clients, ({ realm }) => realm);
    if (first !== undefined) this.#clients.delete(first);
  }
}
