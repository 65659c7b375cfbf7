import type { JsonSchema } from "../../contract/json-schema.ts";
import { isJsonObject } from "../../kit/untrusted/parse-json.ts";
import { fitsUnit, isUnit } from "./units.ts";

/** Says nothing about what fits. */
const annotations = new Set(["$schema", "$id", "title", "description", "default", "examples", "$defs"]);

type Rule = (argument: never, value: unknown, schema: JsonSchema, root: JsonSchema) => boolean;

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const lengthOf = (text: string): number => [...text].length;

const rules: Readonly<Record<string, Rule>> = {
  type: (types: string | readonly string[], value) => [types].flat().some((type) => hasType(type, value)),
  enum: (values: readonly unknown[], value) => values.includes(value),
  const: (wanted: unknown, value) => wanted === value,
  pattern: (pattern: string, value) => !isText(value) || new RegExp(pattern, "u").test(value),
  minLength: (least: number, value) => !isText(value) || lengthOf(value) >= least,
  maxLength: (most: number, value) => !isText(value) || lengthOf(value) <= most,
  minimum: (least: number, value) => !isNumber(value) || value >= least,
  maximum: (most: number, value) => !isNumber(value) || value <= most,
  exclusiveMinimum: (bound: number, value) => !isNumber(value) || value > bound,
  exclusiveMaximum: (bound: number, value) => !isNumber(value) || value < bound,
  minItems: (least: number, value) => !Array.isArray(value) || value.length >= least,
  maxItems: (most: number, value) => !Array.isArray(value) || value.length <= most,
  items: (items: JsonSchema, value, _, root) =>
    !Array.isArray(value) || value.every((item) => certainlyFits(items, item, root)),
  required: (names: readonly string[], value) =>
    !isJsonObject(value) || names.every((name) => Object.hasOwn(value, name)),
  properties: (properties: Record<string, JsonSchema>, value, _, root) =>
    !isJsonObject(value) ||
    Object.entries(properties).every(
      ([name, property]) => !Object.hasOwn(value, name) || certainlyFits(property, value[name], root),
    ),
  additionalProperties: (others: boolean | JsonSchema, value, { properties, patternProperties }, root) =>
    others === true ||
    !isJsonObject(value) ||
    (patternProperties === undefined &&
      Object.entries(value).every(
        ([name, other]) =>
          Object.hasOwn(properties ?? {}, name) || (others !== false && certainlyFits(others, other, root)),
      )),
  propertyNames: (names: JsonSchema, value, _, root) =>
    !isJsonObject(value) || Object.keys(value).every((name) => certainlyFits(names, name, root)),
  anyOf: (branches: readonly JsonSchema[], value, _, root) =>
    branches.some((branch) => certainlyFits(branch, value, root)),
  allOf: (parts: readonly JsonSchema[], value, _, root) => parts.every((part) => certainlyFits(part, value, root)),
  not: (schema: JsonSchema, value) =>
    Object.keys(schema).length === 1 && Array.isArray(schema["enum"]) && !schema["enum"].includes(value),
  $ref: (pointer: string, value, _, root) => {
    const name = /^#\/\$defs\/([\w-]+)$/.exec(pointer)?.[1];
    const target = name === undefined ? undefined : (root["$defs"] as Record<string, JsonSchema> | undefined)?.[name];
    return target !== undefined && certainlyFits(target, value, root);
  },
  "x-unit": (unit: unknown, value) => !isText(value) || !isUnit(unit) || fitsUnit(unit, value),
  "x-secret": () => true,
  "x-ref": () => true,
  "x-reload": () => true,
  "x-run": () => true,
  "x-capacity": () => true,
};

/**
 * Whether a value fits a schema for certain: false where it does not, or where the schema says something that this does
 * not know. Profiles are right nearly always, and compiling validators for them takes longer than everything else that
 * reading them does; only where this says false is the validator asked, which knows all and explains.
 */
export function certainlyFits(schema: JsonSchema, value: unknown, root: JsonSchema = schema): boolean {
  return Object.entries(schema).every(([keyword, argument]) => {
    if (annotations.has(keyword)) return true;
    const rule = Object.hasOwn(rules, keyword) ? rules[keyword] : undefined;
    return rule?.(argument as never, value, schema, root) ?? false;
  });
}

function hasType(type: string, value: unknown): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "number":
      return isNumber(value) && Number.isFinite(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "null":
      return value === null;
    case "string":
    case "boolean":
      return typeof value === type;
    default:
      return false;
  }
}
