import type { JsonSchema } from "../../contract/json-schema.ts";
import { type KeyedNode, locate, type ProfileNode, toValue } from "../read/tree.ts";
import { alternatives, childSchema, schemaFor, transform, typesOf } from "./schema-walk.ts";
import { coerceUnit, isUnit } from "./units.ts";

/**
 * Turns text that came out of variables into the number, boolean or null that the schema wants there: `"8"` to 8. Text
 * that a user wrote as text stays text. Where the schema takes text as well, it stays too.
 */
export function coerceInterpolated(node: ProfileNode, schema: JsonSchema, root: JsonSchema = schema): void {
  if (node.kind === "scalar") {
    if (node.variables === undefined || typeof node.value !== "string") return;
    const types = typesOf(schema, root);
    if (types.size === 0 || types.has("string")) return;
    const text = node.value.trim();
    const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
    if (types.has("boolean") && (text === "true" || text === "false")) node.value = text === "true";
    else if ((types.has("number") || types.has("integer")) && number) node.value = Number(text);
    else if (types.has("null") && text === "null") node.value = null;
    return;
  }
  // Which branch is meant is told by the value as far as it goes; with one branch there is no question.
  const parts = alternatives(schema, root);
  const part = parts.length === 1 ? parts[0] : schemaFor(schema, toValue(node), root);
  if (part === undefined) return;
  if (node.kind === "list") {
    for (const [index, item] of node.items.entries()) coerceInterpolated(item, childSchema(part, index) ?? {}, root);
    return;
  }
  for (const [key, entry] of node.entries) coerceInterpolated(entry.value, childSchema(part, key) ?? {}, root);
}

/** What the plugin receives: text with a unit becomes a number, an address in its one form, or an absolute path. */
export function coerceUnits(schema: JsonSchema, value: unknown, tree: KeyedNode, folder: string): unknown {
  return transform(schema, value, (current, part, segments) => {
    const unit = part["x-unit"];
    if (typeof current !== "string" || !isUnit(unit)) return current;
    const { found, rest } = locate(tree, segments);
    // A path starts at the file that says it, which may be one the profile extends; defaults at the profile.
    const from = rest.length === 0 ? found.node.place.source.folder : folder;
    return coerceUnit(unit, current, from) ?? current;
  });
}
