import { defer, tap } from "rxjs";
import type { Step } from "./step.ts";

/** How much the latest latency weighs against those before it. */
const smoothing = 0.3;

/** `balance`: one branch for each execution, by turn, at random, or the one whose first token comes soonest. */
export function balance(branches: readonly Step[], by: "turn" | "latency" | "random"): Step {
  let turns = 0;
  const latencies = branches.map(() => 0);
  const pick = (): number => {
    if (by === "random") return Math.floor(Math.random() * branches.length);
    if (by === "turn") return turns++ % branches.length;
    return latencies.indexOf(Math.min(...latencies));
  };
  return (turn) =>
    defer(() => {
      const index = pick();
      const branch = branches[index] as Step;
      const started = performance.now();
      let measured = false;
      return branch(turn).pipe(
        tap((event) => {
          if (measured || event.type === "model-start") return;
          measured = true;
          const latency = performance.now() - started;
          const before = latencies[index] ?? 0;
          latencies[index] = before === 0 ? latency : before + smoothing * (latency - before);
        }),
      );
    });
}
