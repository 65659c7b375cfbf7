import { SluiceError } from "../contract/errors.ts";
import type { Usage } from "../contract/event.ts";
import type { SharedValues } from "../contract/queue.ts";
import type { BudgetLimits } from "../contract/run.ts";
import { isJsonObject } from "../kit/untrusted/parse-json.ts";
import { type Amount, Budget, type BudgetUse, difference, expectedOutput, type PriceOfUsage } from "./budget.ts";

/** Milliseconds until a refusal is looked at again: what others give back may be on its way. */
const again = 150;
/** Milliseconds that an answer which has used up what was drawn waits for more of it. */
const patience = 1_000;

/** What all hosts have used of one budget, until it begins anew. */
interface Account extends BudgetUse {
  /** By the servers' clock; it names the time that is counted as well. */
  readonly until: number;
}

export interface SharedBudgetOptions {
  /** Whose it is, for messages. */
  readonly owner: string;
  readonly key: string;
  readonly limits: BudgetLimits & { readonly per: number };
  readonly values: SharedValues;
}

/**
 * A budget that counts over all hosts. What a request may use is drawn before it is used. One host at a time changes the
 * account: so the sum holds whatever hosts do. What a host that dies had drawn stays drawn until the budget
 * begins anew. A host that cannot ask draws nothing.
 */
export class SharedBudget {
  readonly #options: SharedBudgetOptions;
  readonly #pending: Set<Promise<unknown>>;

  /** `pending`: what is still to be given back, for whoever waits for that. */
  constructor(options: SharedBudgetOptions, pending: Set<Promise<unknown>>) {
    this.#options = options;
    this.#pending = pending;
  }

  get limitsMoney(): boolean {
    return this.#options.limits.usd !== undefined;
  }

  /**
   * Takes so much, and resolves with the time it was taken in.
   * @throws SluiceError SLUICE_RUN_BUDGET where it does not fit; SLUICE_HOST_CUT_OFF
   */
  async draw(source: string, amount: Amount): Promise<number> {
    for (let looks = 1; ; looks += 1) {
      const refusal: { why?: string } = {};
      const account = await this.#change((budget) => {
        const why = budget.refusal(source, amount);
        Object.assign(refusal, { why });
        if (why === undefined) budget.add(amount);
        return why === undefined;
      });
      if (refusal.why === undefined) return account.until;
      if (looks === 2) {
        throw new SluiceError("SLUICE_RUN_BUDGET", `${source}: the budget of ${this.#options.owner} is ${refusal.why}`);
      }
      await new Promise((resolve) => setTimeout(resolve, again));
    }
  }

  /** Counts what was used beyond what was drawn at `until`, or gives back what was not. */
  count(amount: Amount, until: number): void {
    this.#later((budget, account) => {
      if (account.until !== until) return false;
      budget.add(amount);
      return true;
    });
  }

  addTime(milliseconds: number): void {
    if (this.#options.limits.time === undefined) return;
    this.#later((budget) => {
      budget.addTime(milliseconds);
      return true;
    });
  }

  /** Milliseconds that a run may still take. @throws SluiceError SLUICE_RUN_BUDGET where none is left; SLUICE_HOST_CUT_OFF */
  async timeLeft(): Promise<number | undefined> {
    const { limits, owner } = this.#options;
    if (limits.time === undefined) return undefined;
    const { time } = await this.#change(() => false);
    if (time < limits.time) return limits.time - time;
    throw new SluiceError("SLUICE_RUN_BUDGET", `the budget of ${owner} has no time left`);
  }

  #later(change: (budget: Budget, account: Account) => boolean): void {
    // It is tried for as long as the host is up.
    const counted = this.#change(change, true).catch(() => undefined);
    this.#pending.add(counted);
    void counted.finally(() => this.#pending.delete(counted));
  }

  /** `change` says whether it has changed anything. */
  async #change(change: (budget: Budget, account: Account) => boolean, patient = false): Promise<Account> {
    const { owner, limits, key, values } = this.#options;
    let account: Account | undefined;
    await values.change(
      `budget ${key}`,
      (before, now) => {
        const found = accountOf(before, now, limits.per);
        const budget = new Budget(owner, limits, found);
        const changed = change(budget, found);
        account = { ...budget.spent, until: found.until };
        return changed ? account : undefined;
      },
      { patient },
    );
    return account ?? accountOf(undefined, 0, limits.per);
  }
}

/** What one request holds of a budget that hosts share. */
export class SharedReservation {
  readonly #budget: SharedBudget;
  readonly #source: string;
  readonly #price: PriceOfUsage;
  readonly #onRefused: (error: SluiceError) => void;
  readonly #until: number;
  #held: Amount;
  /** When it began to draw more, while it does. */
  #drawing: number | undefined;
  #late: NodeJS.Timeout | undefined;
  #settled = false;

  private constructor(request: SharedRequest, held: Amount, until: number) {
    this.#budget = request.budget;
    this.#source = request.source;
    this.#price = request.price;
    this.#onRefused = request.onRefused;
    this.#held = held;
    this.#until = until;
  }

  /** @throws SluiceError SLUICE_RUN_BUDGET, SLUICE_HOST_CUT_OFF */
  static async of(request: SharedRequest): Promise<SharedReservation> {
    const usage = { inputTokens: request.inputTokens, outputTokens: expectedOutput };
    const held = { ...usage, usd: request.price(usage) };
    return new SharedReservation(request, held, await request.budget.draw(request.source, held));
  }

  /** The answer has come to so many tokens: more of it is drawn before that is used up. */
  written(outputTokens: number): void {
    if (this.#settled) return;
    if (this.#drawing !== undefined) this.#demandDrawn(outputTokens, this.#drawing);
    else if (outputTokens + expectedOutput / 2 > this.#held.outputTokens) this.#drawMore(outputTokens);
  }

  #drawMore(outputTokens: number): void {
    const usage = { inputTokens: this.#held.inputTokens, outputTokens: outputTokens + expectedOutput };
    const amount = { ...usage, usd: this.#price(usage) };
    const more = difference(amount, this.#held);
    this.#drawing = performance.now();
    this.#budget.draw(this.#source, more).then(
      (until) => {
        this.#drawing = undefined;
        clearTimeout(this.#late);
        this.#late = undefined;
        if (this.#settled) this.#budget.count(difference(nothing, more), until);
        else this.#held = amount;
      },
      (error: unknown) => this.#refuse(SluiceError.from(error)),
    );
  }

  /** Nobody can draw for a host that is cut off, and an answer cannot be told to wait: others may spend the rest meanwhile. */
  #demandDrawn(outputTokens: number, since: number): void {
    if (outputTokens <= this.#held.outputTokens || this.#late !== undefined) return;
    const what = `${this.#source}: what was drawn of the client's budget is used up, and no more can be drawn now`;
    const refuse = () => this.#refuse(new SluiceError("SLUICE_HOST_CUT_OFF", what));
    this.#late = setTimeout(refuse, Math.max(0, since + patience - performance.now()));
  }

  #refuse(error: SluiceError): void {
    if (!this.#settled) this.#onRefused(error);
  }

  /** What it really was. */
  settle(usage: Usage): void {
    this.#settled = true;
    clearTimeout(this.#late);
    this.#budget.count(difference({ ...usage, usd: this.#price(usage) }, this.#held), this.#until);
  }
}

export interface SharedRequest {
  readonly budget: SharedBudget;
  readonly source: string;
  readonly price: PriceOfUsage;
  readonly inputTokens: number;
  /** Told when no more of the answer fits. */
  readonly onRefused: (error: SluiceError) => void;
}

const nothing: Amount = { inputTokens: 0, outputTokens: 0, usd: 0 };

/** As it stands now. What is not of ours, or is over, begins anew. */
function accountOf(before: unknown, now: number, per: number): Account {
  const { until, input, output, usd, time } = isJsonObject(before) ? before : {};
  const whole = [until, input, output, usd, time].every((each) => typeof each === "number");
  if (whole && (until as number) > now) return before as Account;
  return { until: now + per, input: 0, output: 0, usd: 0, time: 0 };
}
