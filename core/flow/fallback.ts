import { catchError, concat, defer, of, tap, throwError } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { Emission, EventType } from "../contract/event.ts";
import type { Step, Turn } from "./step.ts";

/** What a reader may have begun to show, so that a later failure has to take it back. */
const shown = new Set<EventType>([
  "text-delta",
  "code-delta",
  "reasoning-delta",
  "exec-stdout",
  "exec-stderr",
  "exec-result",
]);

/**
 * `fallback: [a, b]`: the next branch on failure. The failure itself stays in the journal; where something was already
 * shown, `rewind` says which events are void.
 */
export function fallback(branches: readonly Step[]): Step {
  const attempt =
    (index: number): Step =>
    (turn) =>
      defer(() => {
        const branch = branches[index];
        if (!branch) {
          return throwError(() => new SluiceError("SLUICE_FLOW_NO_BRANCH", "every branch of the fallback is absent"));
        }
        const from = turn.scope.nextSeq({ type: "model-start", ...place(turn) });
        let hasShown = false;
        return branch(turn).pipe(
          tap((event) => {
            hasShown ||= shown.has(event.type);
          }),
          catchError((thrown: unknown) => {
            if (index + 1 >= branches.length || turn.scope.signal.aborted) return throwError(() => thrown);
            const error = SluiceError.from(thrown);
            const core = { source: "core", ...place(turn) };
            const notes: Emission[] = [{ ...core, type: "error", data: error.toBody() }];
            if (hasShown)
              notes.push({ ...core, type: "rewind", data: { from, reason: `${error.code}: ${error.message}` } });
            return concat(of(...notes), attempt(index + 1)(turn));
          }),
        );
      });
  return attempt(0);
}

function place({ branch }: Turn): { readonly branch?: string } {
  return branch === undefined ? {} : { branch };
}
