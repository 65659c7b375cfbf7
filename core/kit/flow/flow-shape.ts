import type { FlowNode } from "../../contract/flow.ts";

/** A node that combines others. */
export type FlowCombination = Exclude<FlowNode, { kind: "instance" }>;

/** One of the flows that a combination is made of. */
export interface FlowChild {
  /** When this child is taken, where a condition decides: `minChars 1000`, `else`. */
  readonly note?: string;
  readonly node: FlowNode;
}

/**
 * What everybody needs to know of a combination who does not run it: checks, drawings, bounds and one-line texts. They
 * read this alone. So a new combinator is described here once, and no drawing can forget it.
 */
export interface FlowShape {
  /** For people: `loop until done, at most 12 times`. */
  readonly label: string;
  /**
   * How the children stand to each other. `sequence`: each after the one before. `repeat`: one child, again and again.
   * `on-failure`: the next where one fails. `side-by-side`: at the same time. `choice`: one of them, by
   * the input. `share`: one of them, so that each gets its part of the runs.
   */
  readonly arrangement: "sequence" | "repeat" | "on-failure" | "side-by-side" | "choice" | "share";
  /** Of `repeat` alone: what ends it, and how often it runs at most. */
  readonly repeat?: { readonly until: string; readonly most: number };
  /** In the order of writing; at least one. */
  readonly children: readonly FlowChild[];
}

/** The shape of a combination; it throws nothing. */
export function flowShape(node: FlowCombination): FlowShape {
  switch (node.kind) {
    case "pipe":
      return { label: "one after the other", arrangement: "sequence", children: plain(node.steps) };
    case "fallback":
      return { label: "fallback: the next one on failure", arrangement: "on-failure", children: plain(node.branches) };
    case "race": {
      const wins = node.until === "passes" ? "the first whose code runs clean wins" : "the first to end wins";
      return { label: `race: ${wins}`, arrangement: "side-by-side", children: plain(node.branches) };
    }
    case "all":
      return { label: "all: side by side", arrangement: "side-by-side", children: plain(node.branches) };
    case "balance":
      return { label: `balance by ${node.by}`, arrangement: "share", children: plain(node.branches) };
    case "loop":
      return {
        label: `loop until ${node.until}, at most ${node.max === 1 ? "once" : `${node.max} times`}`,
        arrangement: "repeat",
        repeat: { until: node.until, most: node.max },
        children: [{ node: node.body }],
      };
    case "when": {
      const cases = node.cases.map((each) => ({ note: conditions(each.if), node: each.then }));
      const other = node.otherwise === undefined ? [] : [{ note: "else", node: node.otherwise }];
      return { label: "when", arrangement: "choice", children: [...cases, ...other] };
    }
  }
}

function plain(nodes: readonly FlowNode[]): readonly FlowChild[] {
  return nodes.map((node) => ({ node }));
}

function conditions(condition: Readonly<Record<string, unknown>>): string {
  return Object.entries(condition)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(", ");
}
