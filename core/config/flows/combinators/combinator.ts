import type { FlowNode } from "../../../contract/flow.ts";
import type { JsonSchema } from "../../../contract/json-schema.ts";
import { instancesIn } from "../../../kit/flow/index.ts";
import { nearest } from "../../../kit/text/nearest.ts";
import { listed } from "../../read/problems.ts";
import { child, type MapNode } from "../../read/tree.ts";
import { type FlowContext, readBranches } from "../flow-context.ts";

/** One way to combine steps, as a profile writes it. What it does in a run stands in `core/flow`. */
export interface Combinator {
  /** The first key of its map: `race` in `{ race: [a, b], until: first }`. */
  readonly name: string;
  /** Its map's keys, each with what an editor may know of it; a key that is not here is refused. */
  readonly keys: Readonly<Record<string, JsonSchema>>;
  /** The checked node; undefined when something in it is wrong, which has been said then. */
  readonly read: (node: MapNode, context: FlowContext) => FlowNode | undefined;
}

/** A reader of branches: `{ all: [a, b] }`. */
export function branchesOf(
  node: MapNode,
  name: string,
  context: FlowContext,
  make: (branches: FlowNode[]) => FlowNode,
): FlowNode | undefined {
  const value = node.entries.get(name)?.value;
  const branches = value === undefined ? undefined : readBranches(value, context, `\`${name}\``);
  return branches === undefined ? undefined : make(branches);
}

/** One word of several; the first is the default. */
export function choice<Value extends string>(
  node: MapNode,
  key: string,
  allowed: readonly [Value, ...Value[]],
  { problems }: FlowContext,
): Value | undefined {
  const value = node.entries.get(key)?.value;
  if (value === undefined) return allowed[0];
  if (value.kind === "scalar" && value.broken) return undefined;
  const found = value.kind === "scalar" ? allowed.find((one) => one === value.value) : undefined;
  if (found !== undefined) return found;
  const written = value.kind === "scalar" ? String(value.value) : "";
  problems.add({
    code: "SLUICE_CONFIG_VALUE",
    message: `\`${key}\` must be ${allowed.join(" or ")}`,
    suggestion: nearest(written, allowed),
    cure: `Write one of ${listed(allowed)}.`,
    place: value.place,
  });
  return undefined;
}

/** `until: passes` asks for the exit code of a program, so something in there has to run one. */
export function runsCode(body: FlowNode, node: MapNode, { problems }: FlowContext): boolean {
  if (instancesIn(body).some(({ instance }) => instance === "sandbox")) return true;
  problems.add({
    code: "SLUICE_CONFIG_FLOW",
    message: "`until: passes` waits for code to run cleanly, and no sandbox is inside",
    place: child(node, "until")?.node.place ?? node.place,
    cure: "Put a sandbox after the model, as in [gpt, box], or take another `until`.",
  });
  return false;
}
