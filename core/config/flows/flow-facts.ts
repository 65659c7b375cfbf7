import type { FlowNode } from "../../contract/flow.ts";

type Instance = Extract<FlowNode, { kind: "instance" }>;

/** Whether the flow, or the branch, cannot run because an optional instance that it needs is absent. */
export function isAbsent(node: FlowNode): boolean {
  switch (node.kind) {
    case "instance":
      return node.absent;
    case "pipe":
      return node.steps.some(isAbsent);
    case "loop":
      return isAbsent(node.body);
    case "when": {
      const branches = [
        ...node.cases.map((one) => one.then),
        ...(node.otherwise === undefined ? [] : [node.otherwise]),
      ];
      return branches.every(isAbsent);
    }
    default:
      return node.branches.every(isAbsent);
  }
}

/** All places where an instance stands in the expression, in the order of writing. */
export function instancesIn(node: FlowNode): readonly Instance[] {
  switch (node.kind) {
    case "instance":
      return [node];
    case "pipe":
      return node.steps.flatMap(instancesIn);
    case "loop":
      return instancesIn(node.body);
    case "when":
      return [...node.cases.map((one) => one.then), ...(node.otherwise === undefined ? [] : [node.otherwise])].flatMap(
        instancesIn,
      );
    default:
      return node.branches.flatMap(instancesIn);
  }
}
