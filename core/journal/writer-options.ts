import type { SluiceError } from "../contract/errors.ts";
import type { Clock } from "../contract/tokens.ts";
import type { Entry } from "./entry.ts";
import type { RunJournal } from "./run-journal.ts";

/** An entry with the journal that it belongs to. */
export interface RunEntry {
  readonly run: RunJournal;
  readonly entry: Entry;
}

export interface WriterOptions {
  readonly clock: Clock;
  /** Bytes not yet accepted by the store from where producers should pause. */
  readonly pendingBytes: number;
  /** Milliseconds that one `append` may take before the store counts as failed. */
  readonly timeLimit: number;
  /** Milliseconds between attempts to use a failed store again. */
  readonly retryAfter: number;
  /** Makes events visible; called with everything exactly once, each run's events in the order of `add`. */
  readonly publish: (batch: readonly RunEntry[]) => void;
  /** Runs whose events may be in memory alone. */
  readonly runs: () => Iterable<RunJournal>;
  readonly onFailed: (error: SluiceError) => void;
  readonly onRecovered: () => void;
  /** Another host has the run now: nothing of what waits of it will be published. */
  readonly onTaken: (run: RunJournal, error: SluiceError) => void;
}
