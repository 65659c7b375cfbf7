import type { FlowNode } from "../../contract/flow.ts";
import type { Problems } from "../read/problems.ts";
import type { ProfileNode } from "../read/tree.ts";
import type { Draft } from "../schema/draft-instances.ts";

export interface FlowContext {
  readonly byId: ReadonlyMap<string, Draft>;
  readonly flowNames: ReadonlySet<string>;
  readonly problems: Problems;
  /** An expression; undefined when something in it is wrong, which has been said then. */
  readonly read: (node: ProfileNode) => FlowNode | undefined;
}

/** All members are read, so that every problem shows; one that is wrong makes the whole wrong. */
export function readBranches(node: ProfileNode, context: FlowContext, what: string): FlowNode[] | undefined {
  if (node.kind !== "list" || node.items.length === 0) {
    const message = node.kind === "list" ? `${what} is empty` : `${what} must be a list`;
    context.problems.add({
      code: "SLUICE_CONFIG_FLOW",
      message,
      place: node.place,
      cure: "Write a list such as [gpt, box].",
    });
    return undefined;
  }
  const read = node.items.map((item) => context.read(item));
  const whole = read.filter((step) => step !== undefined);
  return whole.length === read.length ? whole : undefined;
}
