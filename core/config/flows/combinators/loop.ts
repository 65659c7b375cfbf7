import type { MapNode } from "../../read/tree.ts";
import type { FlowContext } from "../flow-context.ts";
import { scalarNumber } from "../scalar-number.ts";
import { type Combinator, choice, runsCode } from "./combinator.ts";
import { oneFlow, oneOf, orExpression } from "./schema-parts.ts";

/** Turns a loop makes at most, unless the profile says otherwise. */
const defaultMaximum = 12;
const untils = ["done", "passes"] as const;

export const loop: Combinator = {
  name: "loop",
  keys: {
    loop: oneFlow,
    until: oneOf(untils),
    max: { ...orExpression({ type: "integer", minimum: 1 }), default: defaultMaximum },
  },
  read(node, context) {
    const value = node.entries.get("loop")?.value;
    const body = value === undefined ? undefined : context.read(value);
    const until = choice(node, "until", untils, context);
    const max = readMaximum(node, context);
    if (body === undefined || until === undefined || max === undefined) return undefined;
    if (until === "passes" && !runsCode(body, node, context)) return undefined;
    return { kind: "loop", body, until, max };
  },
};

function readMaximum(node: MapNode, { problems }: FlowContext): number | undefined {
  const value = node.entries.get("max")?.value;
  if (value === undefined) return defaultMaximum;
  const number = scalarNumber(value);
  if (number !== undefined && Number.isInteger(number) && number >= 1) return number;
  if (value.kind === "scalar" && value.broken) return undefined;
  problems.add({
    code: "SLUICE_CONFIG_VALUE",
    message: "`max` must be a whole number of at least 1",
    place: value.place,
    cure: `Write a number such as ${defaultMaximum}, the default.`,
  });
  return undefined;
}
