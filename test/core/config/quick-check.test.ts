import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Discoverer } from "../../../core/command-line.ts";
import { certainlyFits } from "../../../core/config/schema/quick-check.ts";

const ajv = new Ajv2020({ strict: false, validateSchema: false });
for (const keyword of ["x-secret", "x-ref", "x-reload", "x-run", "x-capacity", "x-unit"]) ajv.addKeyword({ keyword });

const schema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 2, maxLength: 4, pattern: "^a" },
    count: { type: "integer", minimum: 1, exclusiveMaximum: 5 },
    either: { anyOf: [{ type: "boolean" }, { enum: ["x", 1, null] }] },
    list: { type: "array", items: { $ref: "#/$defs/item" }, minItems: 1, maxItems: 2 },
    map: { type: "object", additionalProperties: { type: ["number", "null"] }, propertyNames: { pattern: "^k" } },
    never: { not: { enum: ["core"] } },
  },
  required: ["name"],
  additionalProperties: false,
  $defs: { item: { const: "item" } },
};

const validate = ajv.compile(schema);
const leaf = fc.oneof(
  fc.constantFrom("a", "ab", "abcd", "abcde", "bb", "x", "item", "core", "😀", 0, 1, 4, 5, 1.5, Number.NaN, true, null),
  fc.string({ maxLength: 3 }),
);
const value = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(fc.constantFrom("k1", "k2", "z"), leaf));
const subject = fc.dictionary(fc.constantFrom(...Object.keys(schema.properties), "unknown"), value);

describe("the quick check of a value", () => {
  it("should say of everything what the full validator says", () => {
    fc.assert(
      fc.property(subject, (candidate) => {
        expect(certainlyFits(schema, candidate)).toBe(validate(candidate));
      }),
      { numRuns: 2_000 },
    );
  });

  it("should not be certain where it does not know a keyword", () => {
    expect(certainlyFits({ type: "object", dependentRequired: { a: ["b"] } }, {})).toBe(false);
    expect(certainlyFits({ $ref: "other.json" }, "x")).toBe(false);
  });

  it("should know all that the plugins of the package say, so that good profiles compile nothing", async () => {
    const plugins = await new Discoverer().builtIns();
    expect(plugins.length).toBeGreaterThan(5);
    for (const { manifest } of plugins) {
      const required = (manifest.config["required"] ?? []) as string[];
      if (required.length === 0)
        expect([manifest.name, certainlyFits(manifest.config, {})]).toEqual([manifest.name, true]);
    }
  });
});
