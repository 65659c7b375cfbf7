import type { SecretMask } from "../config/report/mask.ts";
import type { Picture } from "../contract/conversation.ts";
import type { Emission, EventData } from "../contract/event.ts";
import type { ModelParameters } from "../contract/run.ts";
import type { ProgramEnv } from "../flow/program-env.ts";
import type { Instances, Step } from "../flow/step.ts";
import type { Journals } from "../journal/journal.ts";
import type { Budget } from "./budget.ts";
import type { Session } from "./sessions.ts";
import type { SharedBudget } from "./shared-budget.ts";
import type { RunStdin } from "./stdin.ts";

/** What one run is made of. */
export interface RunSetup {
  readonly run: string;
  readonly flow: string;
  /** The last event of it that another host has written; 0 for a run that begins. */
  readonly after: number;
  /** Hosts that have executed it so far, this one included. */
  readonly attempt: number;
  readonly session: Session;
  readonly step: Step;
  readonly input: EventData["run-start"]["input"];
  /** Those of the input's files that models are shown. */
  readonly pictures: readonly Picture[];
  readonly owner: string | undefined;
  readonly interactive: boolean;
  /** See `OpenOptions.approve`. */
  readonly approve: (() => boolean) | undefined;
  /** Standard input of the input's program. */
  readonly stdin: RunStdin | undefined;
  /** Environment variables of the input's program. */
  readonly env: ProgramEnv | undefined;
  readonly timeout: number | undefined;
  /** What whoever opened it allowed it. */
  readonly budget: EventData["run-start"]["budget"] | undefined;
  readonly budgets: readonly Budget[];
  /** The one that counts over all hosts. */
  readonly shared: SharedBudget | undefined;
  readonly tags: readonly string[];
  /** See `OpenOptions.parameters`. */
  readonly parameters: ModelParameters;
  /** See `OpenOptions.continues`; undefined for a run that is alone. */
  readonly continues: string | null | undefined;
  readonly instances: Instances;
  readonly journals: Journals;
  /** Runs that nobody may be told of. */
  readonly mask: SecretMask;
  readonly now: () => number;
}

/** Its start; or, where another host has begun it, that all it did is void. */
export function firstOf({ flow, session, input, continues, owner, budget, after, attempt }: RunSetup): Emission {
  if (after > 0) {
    const reason = "The host ended while the run was under way, and it is begun again.";
    return { source: "core", type: "rewind", data: { from: 2, reason, attempt } };
  }
  const data = {
    ...{ flow, session: session.name, input },
    ...(continues === undefined ? {} : { continues }),
    ...(owner === undefined ? {} : { owner }),
    ...(budget === undefined ? {} : { budget }),
  };
  return { source: "core", type: "run-start", data };
}
