import type { FlowNode } from "../../contract/flow.ts";
import { nearest } from "../../kit/text/nearest.ts";
import { listed } from "../read/problems.ts";
import { child, type MapNode } from "../read/tree.ts";
import { type FlowContext, readBranches } from "./flow-context.ts";
import { instancesIn } from "./flow-facts.ts";
import { readCase, scalarNumber } from "./flow-when.ts";

/** Turns a loop makes at most, unless the profile says otherwise. */
export const defaultLoopMaximum = 12;

/** Keys of each combinator's map; the first names it. */
export const combinatorKeys: Readonly<Record<string, readonly string[]>> = {
  fallback: ["fallback"],
  race: ["race", "until"],
  all: ["all"],
  balance: ["balance", "by"],
  loop: ["loop", "until", "max"],
  when: ["when", "else"],
};

export const raceUntil = ["first", "passes"] as const;
export const loopUntil = ["done", "passes"] as const;
export const balanceBy = ["turn", "latency", "random"] as const;

type Read = (node: MapNode, context: FlowContext) => FlowNode | undefined;

export const combinators: ReadonlyMap<string, Read> = new Map<string, Read>([
  [
    "fallback",
    (node, context) => branchesOf(node, "fallback", context, (branches) => ({ kind: "fallback", branches })),
  ],
  ["all", (node, context) => branchesOf(node, "all", context, (branches) => ({ kind: "all", branches }))],
  ["race", readRace],
  ["balance", readBalance],
  ["loop", readLoop],
  ["when", readWhen],
]);

function branchesOf(
  node: MapNode,
  name: string,
  context: FlowContext,
  make: (branches: FlowNode[]) => FlowNode,
): FlowNode | undefined {
  const value = node.entries.get(name)?.value;
  const branches = value === undefined ? undefined : readBranches(value, context, `\`${name}\``);
  return branches === undefined ? undefined : make(branches);
}

function readRace(node: MapNode, context: FlowContext): FlowNode | undefined {
  const until = choice(node, "until", raceUntil, "first", context);
  const race = branchesOf(node, "race", context, (branches) => ({ kind: "race", branches, until: until ?? "first" }));
  if (race === undefined || until === undefined) return undefined;
  return until === "passes" && !runsCode(race, node, context) ? undefined : race;
}

function readBalance(node: MapNode, context: FlowContext): FlowNode | undefined {
  const by = choice(node, "by", balanceBy, "turn", context);
  const make = (branches: FlowNode[]): FlowNode => ({ kind: "balance", branches, by: by ?? "turn" });
  const balance = branchesOf(node, "balance", context, make);
  return by === undefined ? undefined : balance;
}

function readLoop(node: MapNode, context: FlowContext): FlowNode | undefined {
  const value = node.entries.get("loop")?.value;
  const body = value === undefined ? undefined : context.read(value);
  const until = choice(node, "until", loopUntil, "done", context);
  const max = readMaximum(node, context);
  if (body === undefined || until === undefined || max === undefined) return undefined;
  if (until === "passes" && !runsCode(body, node, context)) return undefined;
  return { kind: "loop", body, until, max };
}

/** `until: passes` asks for the exit code of a program, so something in there has to run one. */
function runsCode(body: FlowNode, node: MapNode, { problems }: FlowContext): boolean {
  if (instancesIn(body).some(({ instance }) => instance === "sandbox")) return true;
  problems.add({
    code: "SLUICE_CONFIG_FLOW",
    message: "`until: passes` waits for code to run cleanly, and no sandbox is inside",
    place: child(node, "until")?.node.place ?? node.place,
    cure: "Put a sandbox after the model, as in [gpt, box], or take another `until`.",
  });
  return false;
}

function readMaximum(node: MapNode, { problems }: FlowContext): number | undefined {
  const value = node.entries.get("max")?.value;
  if (value === undefined) return defaultLoopMaximum;
  const number = scalarNumber(value);
  if (number !== undefined && Number.isInteger(number) && number >= 1) return number;
  if (value.kind === "scalar" && value.broken) return undefined;
  problems.add({
    code: "SLUICE_CONFIG_VALUE",
    message: "`max` must be a whole number of at least 1",
    place: value.place,
    cure: `Write a number such as ${defaultLoopMaximum}, the default.`,
  });
  return undefined;
}

function choice<Value extends string>(
  node: MapNode,
  key: string,
  allowed: readonly Value[],
  fallback: Value,
  { problems }: FlowContext,
): Value | undefined {
  const value = node.entries.get(key)?.value;
  if (value === undefined) return fallback;
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

function readWhen(node: MapNode, context: FlowContext): FlowNode | undefined {
  const list = node.entries.get("when")?.value;
  const other = node.entries.get("else")?.value;
  const otherwise = other === undefined ? undefined : context.read(other);
  if (list?.kind !== "list" || list.items.length === 0) {
    context.problems.add({
      code: "SLUICE_CONFIG_FLOW",
      message: list?.kind === "list" ? "`when` is empty" : "`when` must be a list",
      place: list?.place ?? node.place,
      cure: "Write cases such as { if: { minChars: 100000 }, then: claude }.",
    });
    return undefined;
  }
  const read = list.items.map((item) => readCase(item, context));
  const cases = read.filter((one) => one !== undefined);
  if (cases.length !== read.length || (other !== undefined && otherwise === undefined)) return undefined;
  return otherwise === undefined ? { kind: "when", cases } : { kind: "when", cases, otherwise };
}
