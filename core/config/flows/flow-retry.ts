import type { FlowNode } from "../../contract/flow.ts";
import { nearest } from "../../kit/text/nearest.ts";
import { child, type MapNode, type ProfileNode } from "../read/tree.ts";
import { combinators } from "./combinators/index.ts";
import type { FlowContext } from "./flow-context.ts";
import { scalarNumber } from "./scalar-number.ts";

/** Keys of the map around a flow that bears being executed again. */
const retryKeys = ["flow", "retry", "attempts"] as const;

/** Hosts that execute a run at most, one after the other: unless the profile says otherwise, and whatever it says. */
export const retryAttempts = { default: 3, most: 10 };

/** For whoever writes it inside of a flow. */
export const retryCure = "`retry` stands around a whole flow, as in { flow: [gpt, box], retry: safe }.";

/** A flow, and how many hosts may execute one run of it. */
export interface RetriedFlow {
  readonly node: FlowNode | undefined;
  readonly attempts: number;
}

/** Whether a flow is a map such as `{ flow: [gpt, box], retry: safe }`. */
export function isRetried(node: ProfileNode): node is MapNode {
  return node.kind === "map" && (node.entries.has("flow") || (node.entries.has("retry") && !hasCombinator(node)));
}

function hasCombinator(node: MapNode): boolean {
  return [...combinators.keys()].some((name) => node.entries.has(name));
}

/** A run may have changed the world before its host died. So nothing is executed again unless the profile says it. */
export function readRetried(node: MapNode, context: FlowContext): RetriedFlow | undefined {
  const { problems } = context;
  let sound = true;
  for (const [key, { key: place }] of node.entries) {
    if ((retryKeys as readonly string[]).includes(key)) continue;
    sound = false;
    const message = `a flow with \`retry\` has no key \`${key}\``;
    const cure = `Its keys: ${retryKeys.join(", ")}.`;
    problems.add({ code: "SLUICE_CONFIG_UNKNOWN_KEY", message, suggestion: nearest(key, retryKeys), cure, place });
  }
  const flow = child(node, "flow")?.node;
  if (flow === undefined) {
    const message = "`retry` says of which flow: `flow` is missing";
    problems.add({
      code: "SLUICE_CONFIG_FLOW",
      message,
      cure: "Write { flow: [gpt, box], retry: safe }.",
      place: node.place,
    });
  }
  const [isSafe, attempts] = [readSafe(node, context), readAttempts(node, context)];
  const read = flow === undefined ? undefined : context.read(flow);
  return sound && isSafe && attempts !== undefined ? { node: read, attempts } : undefined;
}

function readSafe(node: MapNode, { problems }: FlowContext): boolean {
  const retry = child(node, "retry")?.node;
  if (retry?.kind === "scalar" && (retry.value === "safe" || retry.broken)) return retry.value === "safe";
  problems.add({
    code: "SLUICE_CONFIG_VALUE",
    message: retry === undefined ? "a map with `flow` says `retry: safe`" : "`retry` can only be safe",
    cure: "Write `retry: safe` where executing it twice does no harm; else leave the map out.",
    place: retry?.place ?? node.place,
  });
  return false;
}

function readAttempts(node: MapNode, { problems }: FlowContext): number | undefined {
  const value = child(node, "attempts")?.node;
  if (value === undefined) return retryAttempts.default;
  const number = scalarNumber(value);
  if (number !== undefined && Number.isInteger(number) && number >= 2 && number <= retryAttempts.most) return number;
  if (value.kind === "scalar" && value.broken) return undefined;
  problems.add({
    code: "SLUICE_CONFIG_VALUE",
    message: `\`attempts\` must be a whole number from 2 to ${retryAttempts.most}`,
    cure: `Write a number such as ${retryAttempts.default}, the default.`,
    place: value.place,
  });
  return undefined;
}
