import type { FlowNode } from "../config/plan.ts";

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

/** Ids of all instances an expression leads to, in order of appearance. */
export function instancesOf(node: FlowNode): readonly string[] {
  const found = new Set<string>();
  const visit = (each: FlowNode): void => {
    switch (each.kind) {
      case "instance":
        found.add(each.id);
        break;
      case "pipe":
        each.steps.forEach(visit);
        break;
      case "loop":
        visit(each.body);
        break;
      case "when":
        for (const one of each.cases) visit(one.then);
        if (each.otherwise) visit(each.otherwise);
        break;
      default:
        each.branches.forEach(visit);
    }
  };
  visit(node);
  return [...found];
}
