import { catchError, concat, defer, finalize, merge, type Observable, of, tap } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { Emission } from "../contract/event.ts";
import type { Step, Turn } from "./step.ts";

/** `all`: every branch runs; one that fails says so and harms no other. */
export function all(branches: readonly Step[], labels: readonly string[]): Step {
  return (turn) => merge(...branches.map((branch, index) => runBranch(branch, turn, index, labels[index] ?? "")));
}

function runBranch(step: Step, turn: Turn, index: number, label: string): Observable<Emission> {
  return defer(() => {
    const branch = branchName(turn, index);
    const scope = turn.scope.fork(branch);
    let status: "ok" | "failed" = "ok";
    return concat(
      of<Emission>({ source: "core", branch, type: "branch-start", data: { label } }),
      step({ ...turn, scope, branch }).pipe(
        tap((event) => {
          if (event.type === "exec-end")
            status = event.data.status === "exited" && event.data.exitCode === 0 ? "ok" : "failed";
        }),
        catchError((thrown: unknown) => {
          status = "failed";
          return of<Emission>({ source: "core", branch, type: "error", data: SluiceError.from(thrown).toBody() });
        }),
      ),
      defer(() => of<Emission>({ source: "core", branch, type: "branch-end", data: { status } })),
    ).pipe(finalize(() => scope.release()));
  });
}

/** `0`, `1`, and inside of branch 1 `1.0`, `1.1`. */
export function branchName(turn: Turn, index: number): string {
  return turn.branch === undefined ? String(index) : `${turn.branch}.${index}`;
}
