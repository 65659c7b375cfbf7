import type { SecretMask } from "../config/report/mask.ts";
import type { Picture } from "../contract/conversation.ts";
import type { EventData } from "../contract/event.ts";
import type { Instances, Step } from "../flow/step.ts";
import type { Journals } from "../journal/journal.ts";
import type { Budget } from "./budget.ts";
import type { Session } from "./sessions.ts";
import type { RunStdin } from "./stdin.ts";

/** What one run is made of. */
export interface RunSetup {
  readonly run: string;
  readonly flow: string;
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
  readonly timeout: number | undefined;
  /** What whoever opened it allowed it. */
  readonly budget: EventData["run-start"]["budget"] | undefined;
  readonly budgets: readonly Budget[];
  readonly tags: readonly string[];
  /** See `OpenOptions.continues`; undefined for a run that is alone. */
  readonly continues: string | null | undefined;
  readonly instances: Instances;
  readonly journals: Journals;
  /** Runs that nobody may be told of. */
  readonly mask: SecretMask;
  readonly now: () => number;
}
