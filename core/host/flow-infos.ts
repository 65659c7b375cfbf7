import type { Plan } from "../config/plan.ts";
import type { FlowInfo, FlowNode } from "../contract/flow.ts";
import { flowShape, instancesOf } from "../kit/flow/index.ts";

export function flowInfos(plan: Plan): readonly FlowInfo[] {
  return Object.entries(plan.flows).map(([name, node]) => {
    const instances = instancesOf(node);
    const retried = plan.retries[name] !== undefined;
    return {
      name,
      expression: retried ? (plan.expressions[name] as { flow: unknown }).flow : plan.expressions[name],
      instances,
      optionalAbsent: instances.filter((id) => plan.instances.find((each) => each.id === id)?.absent !== undefined),
      takes: firstKind(node) === "sandbox" ? "code" : "text",
      ...(retried ? { retry: "safe" } : {}),
    };
  });
}

/** The kind of what reads the input first. */
function firstKind(node: FlowNode): "model" | "sandbox" | "stage" | undefined {
  if (node.kind === "instance") return node.instance;
  const [first] = flowShape(node).children;
  return first === undefined ? undefined : firstKind(first.node);
}
