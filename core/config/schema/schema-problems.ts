import type { JsonSchema } from "../../contract/json-schema.ts";
import { nearest } from "../../kit/text/nearest.ts";
import { plural } from "../../kit/text/plural.ts";
import type { ErrorObject } from "../../kit/untrusted/ajv.ts";
import { listed, type ProblemInput } from "../read/problems.ts";
import { anchorOf, type KeyedNode, locate, optionName, segmentsOf } from "../read/tree.ts";
import { schemaErrors } from "./schema.ts";
import { schemaFor, typeOf, typesOf } from "./schema-walk.ts";
import { isUnit, unitExample } from "./units.ts";

export interface Subject {
  /** Who has the options, such as `docker-sandbox`. */
  readonly name: string;
  /** `option` or `key`. */
  readonly word: string;
  /** Where all options are listed. */
  readonly cure: string;
}

/** Validates a value. Says what is wrong in the words of a profile, at the places of the tree. */
export function schemaProblems(
  schema: JsonSchema,
  value: unknown,
  tree: KeyedNode,
  subject: Subject,
): readonly ProblemInput[] {
  const errors = withoutNoise(schemaErrors(schema, value).slice(0, mostErrors), schema);
  return errors.flatMap((error) => {
    const segments = segmentsOf(error.instancePath);
    const { found, rest } = locate(tree, segments);
    if (found.node.kind === "scalar" && found.node.broken) return [];
    const evaluated = found.node.kind === "scalar" && found.node.variables !== undefined;
    const problem = describe(error, segments, subject, schema, evaluated);
    const missing = error.keyword === "required" || error.keyword === "dependentRequired" || rest.length > 0;
    const key = problem.key === undefined ? undefined : locate(found, [problem.key]);
    const place = key?.rest.length === 0 ? anchorOf(key.found) : missing ? anchorOf(found) : found.node.place;
    const { message, ...others } = problem.input;
    return [{ ...others, place, message: message + origin(found, place.range === undefined, segments) }];
  });
}

/** Says that a value came from a variable, and where it stands when there is no text to show. */
function origin({ node }: KeyedNode, placeless: boolean, segments: readonly string[]): string {
  const variables = node.kind === "scalar" ? (node.variables ?? []) : [];
  const from = variables.length === 0 ? "" : ` (the value comes from ${variables.map(({ name }) => name).join(", ")})`;
  const where = placeless && segments.length > 0 ? ` (at ${segments.join("/")})` : "";
  return from + where;
}

/** What is wrong beyond these is told when they are mended: nobody reads more, and each is held against all others. */
const mostErrors = 200;

/** Keeps of `anyOf` and `oneOf` only what the branch meant says, and of `if` and `propertyNames` only the outcome. */
function withoutNoise(errors: readonly ErrorObject[], schema: JsonSchema): ErrorObject[] {
  const dropped = new Set<ErrorObject>();
  for (const error of errors) {
    if (error.keyword === "if" || error.propertyName !== undefined) dropped.add(error);
    if (error.keyword !== "anyOf" && error.keyword !== "oneOf") continue;
    const below = errors.filter((other) => other !== error && isBelow(other, error));
    const deeper = below.filter((other) => meant(other, error, schema));
    if (deeper.length > 0) dropped.add(error);
    for (const other of below) if (deeper.length === 0 || !deeper.includes(other)) dropped.add(other);
  }
  const kept = errors.filter((error) => !dropped.has(error));
  return kept.filter((error, index) => kept.findIndex((other) => sameFault(other, error)) === index);
}

/** In the same value, not in another one that the same part of the schema judged. */
function isBelow(other: ErrorObject, union: ErrorObject): boolean {
  const inside = other.instancePath === union.instancePath || other.instancePath.startsWith(`${union.instancePath}/`);
  return inside && other.schemaPath.startsWith(`${union.schemaPath}/`);
}

function sameFault(a: ErrorObject, b: ErrorObject): boolean {
  return (
    a.keyword === b.keyword &&
    a.instancePath === b.instancePath &&
    JSON.stringify(a.params) === JSON.stringify(b.params)
  );
}

/** Whether the error lies in the branch whose type is the value's. */
function meant(error: ErrorObject, union: ErrorObject, schema: JsonSchema): boolean {
  const branches = (union.parentSchema?.[union.keyword] ?? []) as JsonSchema[];
  const index = Number(error.schemaPath.slice(union.schemaPath.length + 1).split("/")[0]);
  const branch = branches[index];
  if (branch === undefined) return false;
  const types = typesOf(branch, schema);
  const type = typeOf(union.data);
  const matching = branches.filter((other) => typesOf(other, schema).has(type));
  if (matching.length === 1) return matching[0] === branch;
  if (type !== "object" || matching.length === 0) return false;
  const chosen = schemaFor({ anyOf: matching }, union.data, schema);
  return types.has(type) && schemaFor(branch, union.data, schema)["properties"] === chosen["properties"];
}

interface Description {
  readonly input: Omit<ProblemInput, "place">;
  /** A key of the value at which the problem points. */
  readonly key?: string;
}

/** `evaluated`: the value came out of an expression, and nothing that is said tells of it. */
function describe(
  error: ErrorObject,
  segments: readonly string[],
  subject: Subject,
  root: JsonSchema,
  evaluated: boolean,
): Description {
  const name = segments.length === 0 ? subject.name : `\`${optionName(segments)}\``;
  const schema = (error.parentSchema ?? {}) as JsonSchema;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case "additionalProperties":
    case "unevaluatedProperties": {
      const key = String(params["additionalProperty"] ?? params["unevaluatedProperty"]);
      const suggestion = nearest(key, Object.keys((schema["properties"] ?? {}) as object));
      const message = `${name} has no ${subject.word} \`${key}\``;
      return { key, input: { code: "SLUICE_CONFIG_UNKNOWN_KEY", message, suggestion, cure: subject.cure } };
    }
    case "required":
    case "dependentRequired": {
      const key = String(params["missingProperty"]);
      const described = (schema["properties"] as Record<string, JsonSchema> | undefined)?.[key]?.["description"];
      const cure = typeof described === "string" ? `Add \`${key}\`: ${described}` : `Add \`${key}\`.`;
      return { input: { code: "SLUICE_CONFIG_MISSING_KEY", message: `${name} needs \`${key}\``, cure } };
    }
    case "propertyNames": {
      const key = String(params["propertyName"]);
      const cure = "Begin with a letter; go on with letters, digits, - and _. `core` is taken.";
      return { key, input: { code: "SLUICE_CONFIG_VALUE", message: `\`${key}\` cannot be a name in ${name}`, cure } };
    }
    case "x-unit":
      return { input: unitProblem(name, schema, evaluated ? "" : error.data) };
    case "type":
    case "anyOf":
    case "oneOf":
      return { input: typeProblem(name, schema, error.data, root, evaluated) };
    default:
      return { input: valueProblem(name, evaluated ? { ...error, data: undefined } : error, schema) };
  }
}

function unitProblem(name: string, schema: JsonSchema, value: unknown): Omit<ProblemInput, "place"> {
  const unit = schema["x-unit"];
  if (!isUnit(unit)) return { code: "SLUICE_CONFIG_VALUE", message: `${name} has an unknown unit` };
  const bare = /^\d+(\.\d+)?$/.test(String(value)) && unit !== "address";
  const message = bare ? `${name} is a ${unit} and needs a unit` : `${name} is no ${unit}`;
  return { code: "SLUICE_CONFIG_UNIT", message, cure: `Write it like ${unitExample(unit, value)}.` };
}

function typeProblem(
  name: string,
  schema: JsonSchema,
  value: unknown,
  root: JsonSchema,
  evaluated: boolean,
): Omit<ProblemInput, "place"> {
  const numeric = typeof value === "number" && !evaluated;
  if (isUnit(schema["x-unit"]) && numeric) return unitProblem(name, schema, value);
  const types = [...typesOf(schema, root)].map((type) => words[type] ?? type);
  const mismatch = types.length > 0 && !typesOf(schema, root).has(typeOf(value));
  if (!mismatch && types.length > 0) {
    return { code: "SLUICE_CONFIG_VALUE", message: `${name} has none of the forms allowed` };
  }
  const message = `${name} must be ${types.join(" or ")}, not ${numeric ? value : (words[typeOf(value)] ?? typeOf(value))}`;
  const fallback = schema["default"];
  const cure =
    fallback === undefined || fallback === null ? undefined : `Write it like ${JSON.stringify(fallback)}, the default.`;
  return { code: "SLUICE_CONFIG_TYPE", message, cure };
}

const words: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  object: "a map",
  array: "a list",
  null: "empty",
};

function valueProblem(name: string, error: ErrorObject, schema: JsonSchema): Omit<ProblemInput, "place"> {
  const code = "SLUICE_CONFIG_VALUE";
  const params = error.params as Record<string, unknown>;
  const limit = String(params["limit"]);
  switch (error.keyword) {
    case "enum": {
      const allowed = (params["allowedValues"] as unknown[]).map(String);
      const suggestion = typeof error.data === "string" ? nearest(error.data, allowed) : undefined;
      return {
        code,
        message: `${name} must be one of ${listed(allowed)}`,
        suggestion,
        cure: `Write one of ${listed(allowed)}.`,
      };
    }
    case "const":
      return {
        code,
        message: `${name} must be ${String(params["allowedValue"])}`,
        cure: `Write ${String(params["allowedValue"])}.`,
      };
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum": {
      const bound = `${String(params["comparison"])} ${limit}`;
      return { code, message: `${name} must be ${bound}`, cure: `Write a number that is ${bound}.` };
    }
    case "minLength":
    case "minItems":
    case "minProperties":
    case "maxLength":
    case "maxItems":
    case "maxProperties": {
      const [least, characters] = [error.keyword.startsWith("min"), error.keyword.endsWith("Length")];
      const size = characters ? plural(Number(limit), "character") : plural(Number(limit), "entry", "entries");
      const message = least && limit === "1" ? "is empty" : `must have ${least ? "at least" : "at most"} ${size}`;
      return { code, message: `${name} ${message}`, cure: `Write ${size} or ${least ? "more" : "fewer"}.` };
    }
    default:
      return { code, message: `${name} ${error.message ?? "is not allowed"}`, cure: cureFrom(schema) };
  }
}

function cureFrom(schema: JsonSchema): string | undefined {
  return typeof schema["description"] === "string" ? schema["description"] : undefined;
}
