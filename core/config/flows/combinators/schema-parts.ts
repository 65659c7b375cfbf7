import type { JsonSchema } from "../../../contract/json-schema.ts";

/** Text that becomes something else when the profile is loaded: an editor cannot know what. */
const expression: JsonSchema = { type: "string", pattern: "\\$\\{(env|file):" };

/** Parts of the schema of profiles that a combinator's keys are made of. */
export const flowList: JsonSchema = { $ref: "#/definitions/flowList" };
export const oneFlow: JsonSchema = { $ref: "#/definitions/flow" };

/** One word of several; the first is the default. */
export function oneOf(words: readonly string[]): JsonSchema {
  return orExpression({ enum: words, default: words[0] });
}

/** The value itself, or text that an expression makes it of. */
export function orExpression({ description, default: fallback, ...own }: Record<string, unknown>): JsonSchema {
  return { description, default: fallback, anyOf: [own, expression] };
}

/** A map with these keys and no others. */
export function closedMap(required: readonly string[], properties: Record<string, JsonSchema>): JsonSchema {
  return { type: "object", additionalProperties: false, required, properties };
}
