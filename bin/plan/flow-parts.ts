import type { FlowNode } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";

/** One step of an expression with what it holds, for trees and drawings. */
export interface FlowPart {
  /** `loop until done, at most 12`; an instance's id for a leaf. */
  readonly label: string;
  /** The instance, for a leaf. */
  readonly instance?: Extract<FlowNode, { kind: "instance" }>;
  readonly children: readonly { readonly note?: string; readonly node: FlowNode }[];
}

export function partOf(node: FlowNode): FlowPart {
  const plain = (nodes: readonly FlowNode[]): FlowPart["children"] => nodes.map((each) => ({ node: each }));
  switch (node.kind) {
    case "instance":
      return { label: node.id, instance: node, children: [] };
    case "pipe":
      return { label: "one after the other", children: plain(node.steps) };
    case "fallback":
      return { label: "fallback: the next one on failure", children: plain(node.branches) };
    case "race":
      return {
        label: `race: ${node.until === "passes" ? "the first whose code runs clean wins" : "the first to end wins"}`,
        children: plain(node.branches),
      };
    case "all":
      return { label: "all: side by side", children: plain(node.branches) };
    case "balance":
      return { label: `balance by ${node.by}`, children: plain(node.branches) };
    case "loop":
      return { label: `loop until ${node.until}, at most ${node.max} times`, children: [{ node: node.body }] };
    case "when":
      return {
        label: "when",
        children: [
          ...node.cases.map((each) => ({ note: conditions(each.if), node: each.then })),
          ...(node.otherwise ? [{ note: "else", node: node.otherwise }] : []),
        ],
      };
  }
}

function conditions(condition: Readonly<Record<string, unknown>>): string {
  return Object.entries(condition)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => printable(`${key} ${value}`))
    .join(", ");
}
