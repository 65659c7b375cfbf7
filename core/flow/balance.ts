import { defer, tap } from "rxjs";
import type { Step } from "./step.ts";

/** How much the latest latency weighs against those before it. */
const smoothing = 0.3;
/** Milliseconds that a failure counts for: far more than any first token that a user would wait for. */
const failure = 30_000;
/** What is left of a branch's latency each time another is taken. So the branch is tried again later. */
const fading = 0.95;

/** `balance`: one branch for each execution, by turn, at random, or the one whose first token comes soonest. */
export function balance(branches: readonly Step[], by: "turn" | "latency" | "random"): Step {
  let turns = 0;
  let latencies = branches.map(() => 0);
  const pick = (): number => {
    if (by === "random") return Math.floor(Math.random() * branches.length);
    if (by === "turn") return turns++ % branches.length;
    return latencies.indexOf(Math.min(...latencies));
  };
  const learn = (index: number, latency: number) => {
    latencies = latencies.map((known, other) => {
      if (other !== index) return known * fading;
      return known === 0 ? latency : known + smoothing * (latency - known);
    });
  };
  return (turn) =>
    defer(() => {
      const index = pick();
      const branch = branches[index] as Step;
      const started = performance.now();
      let measured = false;
      return branch(turn).pipe(
        tap({
          next(event) {
            if (measured || event.type === "model-start") return;
            measured = true;
            learn(index, performance.now() - started);
          },
          error: () => learn(index, failure),
        }),
      );
    });
}
