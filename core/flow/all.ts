import { catchError, concat, defer, EMPTY, finalize, merge, type Observable, of, tap, throwError } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { Emission } from "../contract/event.ts";
import { succeeded } from "../kit/transcript/index.ts";
import type { Step, Turn } from "./step.ts";

/**
 * `all`: every branch runs; one that fails says so and harms no other. When every branch failed, so has the whole: by the
 * budget's refusal, where that was the reason of all.
 */
export function all(branches: readonly Step[], labels: readonly string[]): Step {
  return (turn) =>
    defer(() => {
      const failures: unknown[] = branches.map(() => undefined);
      return concat(
        merge(...branches.map((branch, index) => runBranch(branch, turn, index, labels[index] ?? "", failures))),
        defer(() => {
          if (failures.some((failure) => failure === undefined)) return EMPTY;
          const failed = new SluiceError("SLUICE_FLOW_NO_BRANCH", "every branch of the flow failed");
          return throwError(() => commonRefusal(failures) ?? failed);
        }),
      );
    });
}

/** The budget's refusal, where every branch failed by it. */
export function commonRefusal(failures: readonly unknown[]): SluiceError | undefined {
  const refused = failures.every((failure) => SluiceError.is(failure) && failure.code === "SLUICE_RUN_BUDGET");
  return refused ? (failures[0] as SluiceError | undefined) : undefined;
}

function runBranch(step: Step, turn: Turn, index: number, label: string, failures: unknown[]): Observable<Emission> {
  return defer(() => {
    const branch = branchName(turn, index);
    const scope = turn.scope.fork(branch);
    let status: "ok" | "failed" = "ok";
    return concat(
      of<Emission>({ source: "core", branch, type: "branch-start", data: { label } }),
      step({ ...turn, scope, branch }).pipe(
        tap((event) => {
          if (event.type === "exec-end") status = succeeded(event.data) ? "ok" : "failed";
        }),
        catchError((thrown: unknown) => {
          status = "failed";
          failures[index] = thrown ?? new SluiceError("SLUICE_INTERNAL", "the branch failed");
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
