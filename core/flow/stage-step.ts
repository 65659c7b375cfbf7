import { defer, type Observable, tap } from "rxjs";
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
      return turn.scope.stage(id).apply(before(turn), { run, session, signal, ask });
    }).pipe(tap((event) => demandEventShape(id, event.type, event.data)));
}
