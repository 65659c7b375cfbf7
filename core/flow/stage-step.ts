import { defer, finalize, type Observable, tap } from "rxjs";
import type { Emission } from "../contract/event.ts";
import type { StageRun } from "../contract/stage.ts";
import { demandEventShape } from "../kit/untrusted/event-shape.ts";
import type { Step } from "./step.ts";

/** A stage transforms the events of the step before it; what it drops never reaches the journal. */
export function stageStep(id: string, before: Step): Step {
  return (turn): Observable<Emission> =>
    defer(() => {
      const { run, session, signal } = turn.scope;
      const ask: StageRun["ask"] = (question) => turn.scope.ask(id, question, turn.branch);
      const slowed = new DisposableStack();
      const slow: StageRun["slow"] = (pressure) => void slowed.use(turn.scope.slow(pressure));
      return turn.scope
        .stage(id)
        .apply(before(turn), { run, session, signal, ask, slow })
        .pipe(finalize(() => slowed[Symbol.dispose]()));
    }).pipe(tap((event) => demandEventShape(id, event.type, event.data)));
}
