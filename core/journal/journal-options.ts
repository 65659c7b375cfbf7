import type { SluiceError } from "../contract/errors.ts";
import type { Clock } from "../contract/tokens.ts";
import type { JournalLimits } from "./limits.ts";

export interface JournalOptions {
  readonly clock: Clock;
  readonly limits?: Partial<JournalLimits>;
  /** Takes secrets out of messages that Sluicebox itself puts into a run: those of `error`, `rewind`, `run-end`. */
  readonly mask?: (value: unknown) => unknown;
  /** The store failed, for another reason than before, or works again (undefined). Called once for each change. */
  readonly onStore?: (error: SluiceError | undefined) => void;
  /** Something was refused that a correct caller would not do, such as an event after `run-end`. */
  readonly onRefused?: (message: string, run: string) => void;
  /** Whether a run whose host is gone is executed again by another one, and so has not ended. */
  readonly repeats?: (run: string) => Promise<boolean>;
  /** Another host has ended the run or taken it over: it is no run of this host any more. */
  readonly onTaken?: (run: string, error: SluiceError) => void;
}
