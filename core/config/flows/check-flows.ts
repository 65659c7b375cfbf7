import type { FlowNode } from "../../contract/flow.ts";
import { instancesIn, isAbsent } from "../../kit/flow/index.ts";
import { nearest, ranked } from "../../kit/text/nearest.ts";
import { listed, type Problems } from "../read/problems.ts";
import type { MapNode, ProfileNode, ScalarNode } from "../read/tree.ts";
import { namePattern } from "../schema/instance-schema.ts";
import { combinators } from "./combinators/index.ts";
import { type FlowContext, readBranches } from "./flow-context.ts";
import { isRetried, readRetried, retryCure } from "./flow-retry.ts";

/** Instances that cannot be compiled into a pipeline: they stand beside it. */
const steps: ReadonlySet<string> = new Set(["model", "sandbox", "stage"]);

/** Flows by name; and of those that bear it, how many hosts may execute one run. */
export interface ReadFlows {
  readonly flows: Readonly<Record<string, FlowNode>>;
  readonly retries: Readonly<Record<string, number>>;
}

/** Reads every flow; those with problems are left out. */
export function readFlows(flows: MapNode, facts: Omit<FlowContext, "read">): ReadFlows {
  const context: FlowContext = { ...facts, read: (node) => readFlow(node, context) };
  const result: Record<string, FlowNode> = {};
  const retries: Record<string, number> = {};
  for (const [name, entry] of flows.entries) {
    const retried = isRetried(entry.value) ? readRetried(entry.value, context) : undefined;
    const node = isRetried(entry.value) ? retried?.node : readFlow(entry.value, context);
    if (node === undefined) continue;
    if (isAbsent(node)) {
      context.problems.add({
        severity: "warning",
        code: "SLUICE_FLOW_NO_BRANCH",
        message: `the flow \`${name}\` cannot run: what it needs is absent (${absences(node, context)})`,
        place: entry.key,
      });
    }
    if (!new RegExp(namePattern).test(name)) continue;
    result[name] = node;
    if (retried !== undefined) retries[name] = retried.attempts;
  }
  return { flows: result, retries };
}

function absences(node: FlowNode, { byId }: FlowContext): string {
  const reasons = new Set<string>();
  instancesIn(node).some((instance) => {
    const reason = byId.get(instance.id)?.absent;
    if (reason !== undefined) reasons.add(`${instance.id}: ${reason}`);
    return false;
  });
  return listed(reasons);
}

/** An expression; undefined when something in it is wrong, which has been said then. */
function readFlow(node: ProfileNode, context: FlowContext): FlowNode | undefined {
  if (node.kind === "scalar") return readInstance(node, context);
  if (node.kind === "list") {
    const read = readBranches(node, context, "a list of steps");
    return read === undefined ? undefined : { kind: "pipe", steps: read };
  }
  return readCombinator(node, context);
}

function readInstance(node: ScalarNode, { byId, flowNames, problems }: FlowContext): FlowNode | undefined {
  if (node.broken) return undefined;
  if (typeof node.value !== "string") {
    const what = node.value === null ? "this is empty" : `${node.value} is none`;
    const message = `a flow is an instance's id, a list or a map; ${what}`;
    problems.add({ code: "SLUICE_CONFIG_FLOW", message, place: node.place });
    return undefined;
  }
  const id = node.value;
  const usable = [...byId.values()]
    .filter((draft) => steps.has(draft.plugin?.manifest.kind ?? ""))
    .map((draft) => draft.id);
  const cure = `Instances that can stand in a flow: ${listed(usable)}.`;
  const draft = byId.get(id);
  if (draft === undefined) {
    const message = flowNames.has(id)
      ? `\`${id}\` is a flow; a flow is made of instances`
      : `no instance \`${id}\` is declared under plugins`;
    const suggestion = ranked(id, usable)[0];
    problems.add({ code: "SLUICE_CONFIG_UNKNOWN_REFERENCE", message, suggestion, cure, place: node.place });
    return undefined;
  }
  const kind = draft.plugin?.manifest.kind;
  if (kind === "model" || kind === "sandbox" || kind === "stage") {
    return { kind: "instance", id, instance: kind, absent: draft.absent !== undefined };
  }
  if (kind !== undefined) {
    const message = `\`${id}\` is a ${kind} and cannot stand in a flow`;
    problems.add({ code: "SLUICE_CONFIG_WRONG_KIND", message, cure, place: node.place });
  }
  return undefined;
}

function readCombinator(node: MapNode, context: FlowContext): FlowNode | undefined {
  const { problems } = context;
  const named = [...node.entries.keys()].filter((key) => combinators.has(key));
  const [name, second] = named;
  if (name === undefined) {
    reportNone(node, problems);
    return undefined;
  }
  if (second !== undefined) {
    const message = `\`${name}\` and \`${second}\` stand in one map; a flow is one of them`;
    problems.add({ code: "SLUICE_CONFIG_FLOW", message, place: node.entries.get(second)?.key ?? node.place });
    return undefined;
  }
  const combinator = combinators.get(name);
  const known = Object.keys(combinator?.keys ?? {});
  let sound = true;
  for (const [key, entry] of node.entries) {
    if (known.includes(key)) continue;
    sound = false;
    problems.add({
      code: "SLUICE_CONFIG_UNKNOWN_KEY",
      message: `\`${name}\` has no key \`${key}\``,
      suggestion: nearest(key, known),
      cure: key === "retry" ? retryCure : `Keys of \`${name}\`: ${known.join(", ")}.`,
      place: entry.key,
    });
  }
  const read = combinator?.read(node, context);
  return sound ? read : undefined;
}

function reportNone(node: MapNode, problems: Problems): void {
  const [key, entry] = [...node.entries][0] ?? [];
  const names = [...combinators.keys()];
  if (key === undefined || entry === undefined) {
    problems.add({ code: "SLUICE_CONFIG_FLOW", message: "an empty map is no flow", place: node.place });
    return;
  }
  const message = `\`${key}\` is no way to combine instances`;
  const cure = key === "flow" || key === "retry" ? retryCure : `Use one of ${names.join(", ")}.`;
  problems.add({ code: "SLUICE_CONFIG_UNKNOWN_KEY", message, suggestion: nearest(key, names), cure, place: entry.key });
}
