import { Observable, type Subscription } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { Emission } from "../contract/event.ts";
import { succeeded } from "../kit/transcript/index.ts";
import { contained } from "../kit/untrusted/contained.ts";
import { branchName, commonRefusal } from "./all.ts";
import type { BranchScope, Step, Turn } from "./step.ts";

interface Runner {
  readonly branch: string;
  readonly scope: BranchScope;
  subscription: Subscription | undefined;
  /** Whether the last program of the branch exited 0. */
  passed: boolean;
  over: boolean;
  failure: unknown;
}

/**
 * `race`: every branch at once, each with a sandbox of its own. `first` is won by the branch that completes first,
 * `passes` by the first one whose last program exits 0. The losers are cancelled to their sockets and process trees.
 * When no branch wins, the race fails with what each branch said in the journal.
 */
export function race(branches: readonly Step[], labels: readonly string[], until: "first" | "passes"): Step {
  return (turn) =>
    new Observable<Emission>((subscriber) => {
      const runners: Runner[] = [];
      let settled = false;

      const note = (
        branch: string,
        event: Omit<Extract<Emission, { type: "branch-start" | "branch-end" | "error" }>, "source">,
      ) => subscriber.next({ ...event, source: "core", branch } as Emission);

      const end = (winner: Runner | undefined) => {
        settled = true;
        for (const runner of runners) {
          if (runner === winner) continue;
          runner.subscription?.unsubscribe();
          runner.scope.release();
          if (!runner.over) note(runner.branch, { type: "branch-end", data: { status: "cancelled" } });
        }
        if (winner) {
          winner.scope.adopt();
          note(winner.branch, { type: "branch-end", data: { status: "won" } });
          subscriber.complete();
        } else {
          const failed = new SluiceError("SLUICE_FLOW_NO_BRANCH", "no branch of the race came through");
          subscriber.error(commonRefusal(runners.map(({ failure }) => failure)) ?? failed);
        }
      };

      const finished = (runner: Runner, failure: unknown) => {
        if (settled) return;
        if (failure === undefined && (until === "first" || runner.passed)) {
          end(runner);
          return;
        }
        runner.over = true;
        runner.failure = failure;
        if (failure !== undefined) note(runner.branch, { type: "error", data: SluiceError.from(failure).toBody() });
        note(runner.branch, { type: "branch-end", data: { status: failure === undefined ? "lost" : "failed" } });
        if (runners.length === branches.length && runners.every((other) => other.over)) end(undefined);
      };

      branches.forEach((step, index) => {
        if (settled) return;
        start(step, index, turn, runners, labels[index] ?? "", note, subscriber.next.bind(subscriber), finished);
      });

      return () => {
        // The winner as well: only its end settles what it used, and the bill is written next.
        for (const runner of runners) runner.subscription?.unsubscribe();
        if (settled) return;
        settled = true;
        for (const runner of runners) runner.scope.release();
      };
    });
}

function start(
  step: Step,
  index: number,
  turn: Turn,
  runners: Runner[],
  label: string,
  note: (branch: string, event: { type: "branch-start"; data: { label: string } }) => void,
  next: (event: Emission) => void,
  finished: (runner: Runner, failure: unknown) => void,
): void {
  const branch = branchName(turn, index);
  const scope = turn.scope.fork(branch);
  const runner: Runner = { branch, scope, subscription: undefined, passed: false, over: false, failure: undefined };
  runners.push(runner);
  note(branch, { type: "branch-start", data: { label } });
  const events = step({ ...turn, scope, branch });
  runner.subscription = events.subscribe({
    next: contained(
      (event: Emission) => {
        if (event.type === "exec-end") runner.passed = succeeded(event.data);
        next(event);
      },
      (error) => {
        runner.subscription?.unsubscribe();
        finished(runner, error);
      },
    ),
    error: (error: unknown) => finished(runner, error ?? new SluiceError("SLUICE_INTERNAL", "the branch failed")),
    complete: () => finished(runner, undefined),
  });
}
