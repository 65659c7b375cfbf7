import type { Observable } from "rxjs";
import type { Emission } from "./event.ts";
import type { Lifecycle } from "./lifecycle.ts";

/**
 * Something of one's own in the middle of a flow: a filter, a guard, an approval.
 *
 * `apply` receives the events of the step before it in the same list, and returns those that go on. What it drops
 * never reaches the journal; what it adds carries its own instance's id as `source`.
 */
export interface Stage extends Lifecycle {
  apply(events: Observable<Emission>, run: StageRun): Observable<Emission>;
}

/** The run that a stage is part of. */
export interface StageRun {
  readonly run: string;
  readonly session: string;
  readonly signal: AbortSignal;
  /**
   * For a stage that takes its time: while `pressure` returns a promise, the sandboxes before it read on when that
   * resolves. Without it what the stage has not taken waits in memory.
   */
  slow(pressure: () => Promise<void> | undefined): void;
  /**
   * Asks whoever watches the run, over any transport, and resolves with the answer. `code` runs in place of the code that
   * was asked about; a stage that refuses it answers as for any code.
   */
  ask(question: StageQuestion): Promise<StageAnswer>;
}

/** What somebody said. */
export interface StageAnswer {
  readonly approved: boolean;
  readonly message?: string;
  readonly code?: string;
}

/** `code` is what is asked about, where it is code. */
export interface StageQuestion {
  readonly message: string;
  readonly code?: string;
  readonly language?: string;
}
