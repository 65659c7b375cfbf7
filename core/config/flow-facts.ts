import type { FlowNode } from "./plan.ts";

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

/** Whether any instance of the flow, in the order of writing, satisfies the predicate. */
export function someInstance(node: FlowNode, predicate: (instance: Instance) => boolean): boolean {
  switch (node.kind) {
    case "instance":
      return predicate(node);
    case "pipe":
      return node.steps.some((step) => someInstance(step, predicate));
    case "loop":
      return someInstance(node.body, predicate);
    case "when":
      return (
        node.cases.some((one) => someInstance(one.then, predicate)) ||
        (node.otherwise !== undefined && someInstance(node.otherwise, predicate))
      );
    default:
      return node.branches.some((branch) => someInstance(branch, predicate));
  }
}
