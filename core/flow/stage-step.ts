import type { Observable } from "rxjs";
import type { Emission } from "../contract/event.ts";
import type { Step } from "./step.ts";

/** A stage transforms the events of the step before it; what it drops never reaches the journal. */
export function stageStep(id: string, before: Step): Step {
  return (turn): Observable<Emission> =>
    turn.scope.stage(id).apply(before(turn), {
      run: turn.scope.run,
      session: turn.scope.session,
      signal: turn.scope.signal,
      ask: (question) => turn.scope.ask(id, question, turn.branch),
    });
}
