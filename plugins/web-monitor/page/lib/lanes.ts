import type { AnyBlock } from "./run-model.ts";

/** One branch of a `race` or an `all`, and what happened in it. */
export interface Lane {
  /** The branch's path, such as `1.0`. */
  readonly branch: string;
  label: string;
  /** `running` until its end was told. */
  status: string;
  readonly nodes: Node[];
}

export type Node =
  | { readonly kind: "block"; readonly block: AnyBlock }
  | { readonly kind: "branches"; readonly key: string; readonly lanes: Lane[] };

/**
 * A run's blocks as a tree: branches that run at once lie side by side, each with its own order. A branch that begins
 * again, as it does in a loop, begins a new group of lanes.
 */
export function lanesOf(blocks: readonly AnyBlock[]): readonly Node[] {
  const root: Node[] = [];
  /** The newest lane of each branch. */
  const lanes = new Map<string, Lane>();
  const nodesOf = (branch: string): Node[] =>
    branch === "" ? root : (lanes.get(branch)?.nodes ?? laneOf(branch).nodes);

  /** A lane of that branch: in the newest group around it, or in a new one where that has it already. */
  function laneOf(branch: string, key = branch, isNew = false): Lane {
    const around = nodesOf(branch.split(".").slice(0, -1).join("."));
    const last = around.at(-1);
    const made: Lane = { branch, label: branch, status: "running", nodes: [] };
    const joins = last?.kind === "branches" && !(isNew && last.lanes.some((lane) => lane.branch === branch));
    if (joins) last.lanes.push(made);
    else around.push({ kind: "branches", key, lanes: [made] });
    lanes.set(branch, made);
    return made;
  }

  for (const block of blocks) {
    if (block.branch === undefined) root.push({ kind: "block", block });
    else if (block.kind === "note" && block.event.type === "branch-start") {
      laneOf(block.branch, block.key, true).label = block.event.data.label;
    } else if (block.kind === "note" && block.event.type === "branch-end") {
      const lane = lanes.get(block.branch) ?? laneOf(block.branch);
      lane.status = block.event.data.status;
    } else nodesOf(block.branch).push({ kind: "block", block });
  }
  return root;
}
