import type { JsonSchema } from "../../contract/json-schema.ts";

/** Reads a plugin's config schema alongside a value: which part of the schema speaks of which part of the value. */

const map = (value: unknown): JsonSchema | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonSchema) : undefined;

/** Follows `$ref` to the schema's own `$defs`; anything else stays as it is. */
function follow(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema;
  for (let steps = 0; typeof current["$ref"] === "string" && steps < 20; steps += 1) {
    const { $ref, ...rest } = current;
    let target: unknown = root;
    for (const segment of String($ref).split("/").slice(1)) target = map(target)?.[segment];
    current = { ...map(target), ...rest };
  }
  return current;
}

/** What `alternatives` has found, by root and schema: every value of every profile asks for the same few. */
const found = new WeakMap<JsonSchema, WeakMap<JsonSchema, readonly JsonSchema[]>>();

/** The schemas of which one or more may apply: itself, or the branches of its `anyOf` or `oneOf`. */
export function alternatives(schema: JsonSchema, root: JsonSchema): readonly JsonSchema[] {
  let ofRoot = found.get(root);
  if (ofRoot === undefined) {
    ofRoot = new WeakMap();
    found.set(root, ofRoot);
  }
  let parts = ofRoot.get(schema);
  if (parts === undefined) {
    parts = findAlternatives(schema, root);
    ofRoot.set(schema, parts);
  }
  return parts;
}

function findAlternatives(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  const { anyOf, oneOf, ...own } = follow(schema, root);
  const branches = [anyOf, oneOf].filter(Array.isArray).flat() as JsonSchema[];
  if (branches.length === 0) return [own];
  return branches.flatMap((branch) => alternatives(branch, root)).map((branch) => ({ ...own, ...branch }));
}

/** JSON types a schema allows; empty when it allows all. */
export function typesOf(schema: JsonSchema, root: JsonSchema): Set<string> {
  const types = new Set<string>();
  for (const part of alternatives(schema, root)) {
    const values = Array.isArray(part["enum"]) ? part["enum"] : "const" in part ? [part["const"]] : undefined;
    if (part["type"] !== undefined) for (const type of [part["type"]].flat()) types.add(String(type));
    else if (values !== undefined) for (const value of values) types.add(typeOf(value));
    else return new Set();
  }
  return types;
}

export function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

function fits(schema: JsonSchema, value: unknown): boolean {
  const type = typeOf(value);
  const types = [schema["type"] ?? []].flat();
  const typed = types.length === 0 || types.includes(type) || (types.includes("integer") && Number.isInteger(value));
  if (!typed) return false;
  if ("const" in schema && schema["const"] !== value) return false;
  if (Array.isArray(schema["enum"]) && !schema["enum"].includes(value)) return false;
  if (type !== "object") return true;
  const properties = map(schema["properties"]) ?? {};
  return Object.entries(properties).every(([key, property]) => {
    const wanted = map(property);
    const own = (value as Record<string, unknown>)[key];
    return wanted === undefined || !("const" in wanted) || own === undefined || own === wanted["const"];
  });
}

/** The branch that the value seems to be meant for. */
export function schemaFor(schema: JsonSchema, value: unknown, root: JsonSchema): JsonSchema {
  const parts = alternatives(schema, root);
  const [only = schema] = parts;
  return parts.length < 2 ? only : (parts.find((part) => fits(part, value)) ?? only);
}

/** The schema of one key or item of a value whose own schema is `schema`. */
export function childSchema(schema: JsonSchema, segment: string | number): JsonSchema | undefined {
  if (typeof segment === "number") {
    const first = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"][segment] : undefined;
    return map(first) ?? map(schema["items"]);
  }
  const property = map(map(schema["properties"])?.[segment]);
  if (property !== undefined) return property;
  const patterns = Object.entries(map(schema["patternProperties"]) ?? {});
  const match = patterns.find(([pattern]) => new RegExp(pattern, "u").test(segment));
  return map(match?.[1]) ?? map(schema["additionalProperties"]);
}

/** Visits every value with its schema, parents first; what `visit` returns takes the value's place. */
export function transform(
  schema: JsonSchema,
  value: unknown,
  visit: (value: unknown, schema: JsonSchema, segments: readonly string[]) => unknown,
  root: JsonSchema = schema,
  segments: readonly string[] = [],
): unknown {
  const part = schemaFor(schema, value, root);
  const result = visit(value, part, segments);
  const below = (item: unknown, segment: string | number) =>
    transform(childSchema(part, segment) ?? {}, item, visit, root, [...segments, String(segment)]);
  if (Array.isArray(result)) return result.map(below);
  if (typeof result !== "object" || result === null) return result;
  return Object.fromEntries(Object.entries(result).map(([key, item]) => [key, below(item, key)]));
}

/** A copy with the defaults of the schema filled in, at every depth that is there. */
export function withDefaults(schema: JsonSchema, value: unknown): unknown {
  return transform(schema, value, (current, part) => {
    const properties = map(part["properties"]);
    if (properties === undefined || typeof current !== "object" || current === null || Array.isArray(current)) {
      return current;
    }
    const filled: Record<string, unknown> = { ...current };
    for (const [key, property] of Object.entries(properties)) {
      const fallback = map(property)?.["default"];
      if (fallback !== undefined && filled[key] === undefined) filled[key] = structuredClone(fallback);
    }
    return filled;
  });
}
