import type { WhenCase } from "../../../contract/flow.ts";
import type { JsonSchema } from "../../../contract/json-schema.ts";
import { nearest } from "../../../kit/text/nearest.ts";
import { child, type ProfileNode } from "../../read/tree.ts";
import type { FlowContext } from "../flow-context.ts";
import { scalarNumber } from "../scalar-number.ts";
import type { Combinator } from "./combinator.ts";
import { closedMap, oneFlow, orExpression } from "./schema-parts.ts";

const conditionTypes = { minChars: "number", maxChars: "number", language: "string", tag: "string" } as const;

export const when: Combinator = {
  name: "when",
  keys: { when: { type: "array", minItems: 1, items: caseSchema() }, else: oneFlow },
  read(node, context) {
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
  },
};

function caseSchema(): JsonSchema {
  const conditions = Object.entries(conditionTypes).map(([key, type]) => {
    return [key, type === "number" ? orExpression({ type: "number", minimum: 0 }) : { type: "string", minLength: 1 }];
  });
  return closedMap(["if", "then"], {
    if: { type: "object", additionalProperties: false, minProperties: 1, properties: Object.fromEntries(conditions) },
    // biome-ignore lint/suspicious/noThenProperty: the profile's own word.
    then: oneFlow,
  });
}

function readCase(node: ProfileNode, context: FlowContext): WhenCase | undefined {
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
