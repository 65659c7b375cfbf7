import { SluiceError } from "../contract/errors.ts";
import type { ProgramEnv } from "../flow/program-env.ts";
import type { Step } from "../flow/step.ts";
import type { Budget } from "./budget.ts";
import type { Session } from "./sessions.ts";
import type { SharedBudget } from "./shared-budget.ts";

export interface Refusal {
  readonly error: unknown;
}

export interface Admission {
  readonly step: Step;
  /** Undefined for a run that has one of its own. */
  readonly session: Session | undefined;
  /** The variables of its program, which have been looked at. */
  readonly env: ProgramEnv | undefined;
  readonly refusals: readonly Refusal[];
}

export interface BudgetShare {
  readonly budgets: readonly Budget[];
  /** The one that counts over all hosts. */
  readonly shared: SharedBudget | undefined;
  readonly timeout: number | undefined;
  readonly refusals: readonly Refusal[];
}

/** In the place of a step, of a run that will not begin. */
export const refused: Step = () => {
  throw new SluiceError("SLUICE_INTERNAL", "a refused run was started");
};
