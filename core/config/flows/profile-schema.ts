import type { JsonSchema } from "../../contract/json-schema.ts";
import type { PluginManifest } from "../../contract/plugin.ts";
import { instanceEnvelope, profileEnvelope } from "../schema/instance-schema.ts";
import { testEnvelope } from "../schema/test-schema.ts";
import { isUnit, unitPatterns } from "../schema/units.ts";
import { combinators } from "./combinators/index.ts";
import { closedMap, flowList, oneFlow, orExpression } from "./combinators/schema-parts.ts";
import { retryAttempts } from "./flow-retry.ts";

/** A flow of which a run may be executed again. */
const retriedFlow = closedMap(["flow", "retry"], {
  flow: oneFlow,
  retry: { const: "safe", description: "Another host of the cluster executes a run again, when its own died." },
  attempts: {
    ...orExpression({ type: "integer", minimum: 2, maximum: retryAttempts.most, default: retryAttempts.default }),
    description: "Hosts that execute one run at most, one after the other.",
  },
});

/**
 * The schema of whole profiles, for editors: made of the same parts by which `loadPlan` judges, with one condition for
 * each plugin. What needs more than the text of one file (references, ports, variables, files) is beyond it.
 */
export function profileSchema(manifests: readonly PluginManifest[]): JsonSchema {
  const sorted = [...manifests].sort((a, b) => a.name.localeCompare(b.name));
  const envelope = profileEnvelope["properties"] as Record<string, JsonSchema>;
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Profile of Sluicebox",
    ...profileEnvelope,
    // A file that extends another may leave to it what is required.
    required: undefined,
    if: { required: ["extends"] },
    else: { required: ["version"], properties: { plugins: { additionalProperties: { required: ["use"] } } } },
    properties: {
      ...envelope,
      budgets: forEditors(envelope["budgets"], "") as JsonSchema,
      plugins: { ...envelope["plugins"], additionalProperties: { $ref: "#/definitions/instance" } },
      flows: {
        ...envelope["flows"],
        additionalProperties: { anyOf: [oneFlow, retriedFlow] },
      },
      tests: { ...envelope["tests"], additionalProperties: { $ref: "#/definitions/test" } },
    },
    definitions: {
      instance: instanceSchema(sorted),
      flow: { anyOf: [{ type: "string" }, flowList, ...combinatorSchemas()] },
      test: testSchema(sorted),
      flowList: { type: "array", minItems: 1, items: oneFlow },
      ...Object.fromEntries(sorted.map((manifest) => [definitionOf(manifest), optionsSchema(manifest)])),
    },
  };
}

function definitionOf(manifest: PluginManifest): string {
  return `plugin-${manifest.name}`;
}

function instanceSchema(manifests: readonly PluginManifest[]): JsonSchema {
  const envelope = forEditors(instanceEnvelope, "") as JsonSchema;
  const properties = envelope["properties"] as Record<string, JsonSchema>;
  const use = properties["use"];
  return {
    ...envelope,
    required: undefined,
    properties: {
      ...properties,
      // The names are offered; anything else may be a path or a package.
      use: {
        description: use?.["description"],
        anyOf: [{ enum: manifests.map(({ name }) => name) }, { type: "string", minLength: 1 }],
      },
    },
    allOf: manifests.map((manifest) => {
      const required = requiredOf(manifest.config).length > 0 ? ["with"] : undefined;
      const ofSinks = manifest.kind === "sink" ? {} : { select: false, deliver: false };
      return {
        if: { properties: { use: { const: manifest.name } }, required: ["use"] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
        then: { properties: { with: { $ref: `#/definitions/${definitionOf(manifest)}` }, ...ofSinks }, required },
      };
    }),
  };
}

function optionsSchema(manifest: PluginManifest): JsonSchema {
  const options = { additionalProperties: false, ...manifest.config };
  return { description: manifest.description, ...(forEditors(options, definitionOf(manifest)) as object) };
}

/** A test is of a run or of several; its scripts are those of the plugin that plays them. */
function testSchema(manifests: readonly PluginManifest[]): JsonSchema {
  const schema = forEditors(testEnvelope, "") as JsonSchema;
  const properties = schema["properties"] as Record<string, JsonSchema>;
  const scripts = (key: string, kind: PluginManifest["kind"]) => {
    const player = manifests.find((each) => each.kind === kind && each.capabilities?.includes("plays-scripts"));
    if (player === undefined) return { [key]: properties[key] };
    const script = { $ref: `#/definitions/${definitionOf(player)}/properties/script` };
    return { [key]: { ...properties[key], additionalProperties: script } };
  };
  return {
    ...schema,
    properties: { ...properties, ...scripts("models", "model"), ...scripts("sandboxes", "sandbox") },
    oneOf: [
      { required: ["input"], properties: { turns: false } },
      { required: ["turns"], properties: { input: false, answers: false, expect: false } },
    ],
  };
}

function requiredOf(schema: JsonSchema): string[] {
  const properties = (schema["properties"] ?? {}) as Record<string, JsonSchema>;
  const required = (schema["required"] ?? []) as string[];
  return required.filter((key) => properties[key]?.["default"] === undefined);
}

const nestedMaps = new Set(["properties", "patternProperties", "$defs", "definitions"]);
const nestedSchemas = new Set(["items", "additionalProperties", "if", "then", "else", "not"]);
const nestedLists = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);

/** Units become patterns, keys with defaults need not be there, and where text is not free an expression may stand. */
function forEditors(schema: unknown, definition: string): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  const source = schema as JsonSchema;
  const result: Record<string, unknown> = {};
  const below = (part: unknown) => forEditors(part, definition);
  for (const [key, value] of Object.entries(source)) {
    if (nestedMaps.has(key)) {
      result[key] = Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, below(part)]));
    } else if (nestedSchemas.has(key)) result[key] = below(value);
    // An expression fits more than one branch.
    else if (nestedLists.has(key)) result[key === "oneOf" ? "anyOf" : key] = (value as unknown[]).map(below);
    else if (key === "$ref") result[key] = String(value).replace(/^#\//, `#/definitions/${definition}/`);
    else if (key === "required") result[key] = requiredOf(source);
    else if (!key.startsWith("x-")) result[key] = value;
  }
  if (isUnit(source["x-unit"])) result["pattern"] = unitPatterns[source["x-unit"]];
  return isRestrictedScalar(result) ? orExpression(result) : result;
}

function isRestrictedScalar(schema: JsonSchema): boolean {
  if (["anyOf", "oneOf", "allOf", "$ref", "if", "not"].some((key) => key in schema)) return false;
  const types = [schema["type"] ?? []].flat();
  if (types.includes("object") || types.includes("array")) return false;
  const limits = ["enum", "const", "pattern", "format", "minLength", "maxLength"].some((key) => key in schema);
  return limits || (types.length > 0 && !types.includes("string"));
}

function combinatorSchemas(): JsonSchema[] {
  return [...combinators.values()].map(({ name, keys }) => closedMap([name], { ...keys }));
}
