import { throwError } from "rxjs";
import { SluiceError } from "../contract/errors.ts";
import type { FlowNode } from "../contract/flow.ts";
import { describeFlow, instancesIn, isAbsent } from "../kit/flow/index.ts";
import { all } from "./all.ts";
import { balance } from "./balance.ts";
import { fallback } from "./fallback.ts";
import { loop } from "./loop.ts";
import { modelStep } from "./model-step.ts";
import { pipe } from "./pipe.ts";
import { race } from "./race.ts";
import { sandboxStep } from "./sandbox-step.ts";
import { stageStep } from "./stage-step.ts";
import type { Step } from "./step.ts";
import { when } from "./when.ts";

interface Place {
  /** The sandbox that will run what is written here, if any. */
  readonly follower: string | undefined;
  /** Whether state has to live from one execution to the next. */
  readonly cells: boolean;
}

/** Turns a checked expression into a step. `cells`: the run belongs to a session, so that state outlives it. */
export function compile(node: FlowNode, cells: boolean): Step {
  return build(node, { follower: undefined, cells });
}

function build(node: FlowNode, place: Place): Step {
  switch (node.kind) {
    case "instance":
      return instance(node, place);
    case "pipe":
      return buildPipe(node.steps, place);
    case "loop":
      return loop(build(node.body, { follower: sandboxIn(node.body) ?? place.follower, cells: true }), {
        until: node.until,
        max: node.max,
        runsCode: sandboxIn(node.body) !== undefined,
      });
    case "fallback":
      return fallback(present(node.branches).map((branch) => build(branch, place)));
    case "race":
      return branching(node.branches, place, (steps, labels) => race(steps, labels, node.until));
    case "all":
      return branching(node.branches, place, all);
    case "balance":
      return branching(node.branches, place, (steps) => balance(steps, node.by));
    case "when":
      return when(
        node.cases.map((each) => ({ if: each.if, step: build(each.then, place) })),
        node.otherwise && build(node.otherwise, place),
      );
  }
}

function instance(node: Extract<FlowNode, { kind: "instance" }>, place: Place): Step {
  if (node.absent) return missing(`${node.id} is absent: its environment variable is not set`);
  const mode = place.cells ? "cell" : "fresh";
  if (node.instance === "sandbox") return sandboxStep(node.id, mode);
  if (node.instance === "stage") return stageStep(node.id, nothing);
  const follower = place.follower;
  return modelStep(node.id, {
    codeWanted: follower !== undefined,
    ...(follower === undefined
      ? {}
      : {
          // A failure to open shows where the code is to run; here it only means that nothing was gained.
          prewarm: (turn) => void turn.scope.sandbox(follower, mode).catch(() => undefined),
        }),
  });
}

function buildPipe(steps: readonly FlowNode[], place: Place): Step {
  let built: Step | undefined;
  steps.forEach((node, index) => {
    if (node.kind === "instance" && node.instance === "stage" && !node.absent) {
      built = stageStep(node.id, built ?? nothing);
      return;
    }
    const following = steps
      .slice(index + 1)
      .map(sandboxIn)
      .find((id) => id !== undefined);
    const step = build(node, { ...place, follower: following ?? place.follower });
    built = built ? pipe(built, step) : step;
  });
  return built ?? nothing;
}

function branching(
  branches: readonly FlowNode[],
  place: Place,
  combine: (steps: readonly Step[], labels: readonly string[]) => Step,
): Step {
  const there = present(branches);
  if (there.length === 0) return missing("every branch is absent: no key is set");
  return combine(
    there.map((branch) => build(branch, place)),
    there.map(describeFlow),
  );
}

/** Branches all of whose ways lead through an instance that is absent are passed over. */
function present(branches: readonly FlowNode[]): readonly FlowNode[] {
  return branches.filter((branch) => !isAbsent(branch));
}

/** The first sandbox that the expression leads to. */
function sandboxIn(node: FlowNode): string | undefined {
  return instancesIn(node).find((instance) => instance.instance === "sandbox")?.id;
}

const nothing: Step = () => throwError(() => new SluiceError("SLUICE_FLOW_NO_BRANCH", "a stage has no step before it"));

function missing(reason: string): Step {
  return () => throwError(() => new SluiceError("SLUICE_FLOW_NO_BRANCH", reason));
}
