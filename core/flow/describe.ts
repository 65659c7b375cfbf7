import { instancesIn } from "../config/flows/flow-facts.ts";
import type { FlowNode } from "../contract/flow.ts";

/** A flow expression in one line, in the YAML it was written in. */
export function describe(node: FlowNode): string {
  switch (node.kind) {
    case "instance":
      return node.id;
    case "pipe":
      return list(node.steps);
    case "loop":
      return `{ loop: ${describe(node.body)}, until: ${node.until}, max: ${node.max} }`;
    case "fallback":
    case "all":
      return `{ ${node.kind}: ${list(node.branches)} }`;
    case "race":
      return `{ race: ${list(node.branches)}, until: ${node.until} }`;
    case "balance":
      return `{ balance: ${list(node.branches)}, by: ${node.by} }`;
    case "when":
      return `{ when: [${node.cases.map((each) => describe(each.then)).join(", ")}]${node.otherwise ? `, else: ${describe(node.otherwise)}` : ""} }`;
  }
}

function list(nodes: readonly FlowNode[]): string {
  return `[${nodes.map(describe).join(", ")}]`;
}

/** Ids of all instances an expression leads to, each once. */
export function instancesOf(node: FlowNode): readonly string[] {
  return [...new Set(instancesIn(node).map((instance) => instance.id))];
}
