import type { WhenCase } from "../../contract/flow.ts";
import { nearest } from "../../kit/text/nearest.ts";
import { child, type ProfileNode } from "../read/tree.ts";
import type { FlowContext } from "./flow-context.ts";

export const conditionTypes = { minChars: "number", maxChars: "number", language: "string", tag: "string" } as const;

/** A number, also one that came as text out of a variable. */
export function scalarNumber(node: ProfileNode): number | undefined {
  if (node.kind !== "scalar") return undefined;
  if (typeof node.value === "number") return node.value;
  const text = node.variables !== undefined && typeof node.value === "string" ? node.value : "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function readCase(node: ProfileNode, context: FlowContext): WhenCase | undefined {
  const condition = child(node, "if");
  const then = child(node, "then");
  const extra = node.kind === "map" ? [...node.entries].find(([key]) => key !== "if" && key !== "then") : undefined;
  if (extra !== undefined) {
    context.problems.add({
      code: "SLUICE_CONFIG_UNKNOWN_KEY",
      message: `a case of \`when\` has no key \`${extra[0]}\``,
      suggestion: nearest(extra[0], ["if", "then"]),
      cure: "Keys of a case: if, then.",
      place: extra[1].key,
    });
  }
  if (condition === undefined || then === undefined) {
    if (extra === undefined) {
      const message = "a case of `when` needs `if` and `then`";
      context.problems.add({ code: "SLUICE_CONFIG_FLOW", message, place: node.place });
    }
    return undefined;
  }
  const read = readCondition(condition.node, context);
  const step = context.read(then.node);
  // biome-ignore lint/suspicious/noThenProperty: it is the profile's own word, and a case is never awaited.
  return read === undefined || step === undefined || extra !== undefined ? undefined : { if: read, then: step };
}

function readCondition(node: ProfileNode, { problems }: FlowContext): WhenCase["if"] | undefined {
  const keys = Object.keys(conditionTypes);
  if (node.kind !== "map" || node.entries.size === 0) {
    const message = "`if` must be a map with at least one condition";
    problems.add({ code: "SLUICE_CONFIG_FLOW", message, place: node.place, cure: `Conditions: ${keys.join(", ")}.` });
    return undefined;
  }
  const condition: Record<string, string | number> = {};
  let sound = true;
  for (const [key, { key: place, value }] of node.entries) {
    const type = Object.hasOwn(conditionTypes, key) ? conditionTypes[key as keyof typeof conditionTypes] : undefined;
    const written = type === "number" ? scalarNumber(value) : value.kind === "scalar" ? value.value : undefined;
    if (
      type !== undefined &&
      typeof written === type &&
      written !== "" &&
      (type === "string" || Number(written) >= 0)
    ) {
      condition[key] = written as string | number;
      continue;
    }
    sound = false;
    if (type === undefined) {
      const message = `\`if\` has no condition \`${key}\``;
      const cure = `Conditions: ${keys.join(", ")}.`;
      problems.add({ code: "SLUICE_CONFIG_UNKNOWN_KEY", message, suggestion: nearest(key, keys), cure, place });
    } else {
      const message = `\`${key}\` must be ${type === "number" ? "a number of characters" : "text"}`;
      problems.add({ code: "SLUICE_CONFIG_TYPE", message, place: value.place });
    }
  }
  return sound ? condition : undefined;
}
