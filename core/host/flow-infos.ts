import type { Plan } from "../config/plan.ts";
import type { FlowInfo, FlowNode } from "../contract/flow.ts";
import { instancesOf } from "../flow/describe.ts";

export function flowInfos(plan: Plan): readonly FlowInfo[] {
  return Object.entries(plan.flows).map(([name, node]) => {
    const instances = instancesOf(node);
    return {
      name,
      expression: plan.expressions[name],
      instances,
      optionalAbsent: instances.filter((id) => plan.instances.find((each) => each.id === id)?.absent !== undefined),
      takes: firstKind(node) === "sandbox" ? "code" : "text",
    };
  });
}

/** The kind of what reads the input first. */
function firstKind(node: FlowNode): "model" | "sandbox" | "stage" | undefined {
  switch (node.kind) {
    case "instance":
      return node.instance;
    case "pipe":
      return firstOf(node.steps);
    case "loop":
      return firstKind(node.body);
    case "when":
      return firstOf([...node.cases.map((each) => each.then), ...(node.otherwise ? [node.otherwise] : [])]);
    default:
      return firstOf(node.branches);
  }
}

function firstOf(nodes: readonly FlowNode[]) {
  return nodes[0] === undefined ? undefined : firstKind(nodes[0]);
}
