import addFormats from "ajv-formats";
import type { JsonSchema } from "../../contract/json-schema.ts";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "../../kit/untrusted/ajv.ts";
import { certainlyFits } from "./quick-check.ts";
import { fitsUnit, isUnit } from "./units.ts";

let shared: Ajv2020 | undefined;
const bySchema = new WeakMap<JsonSchema, ValidateFunction>();
/** Manifests are read anew for each profile; what they say seldom changes. */
const byText = new Map<string, ValidateFunction>();

/** Annotations for other steps; ajv only has to know their names. */
const annotations = ["x-secret", "x-ref", "x-reload", "x-run", "x-capacity"];

function engine(): Ajv2020 {
  if (shared !== undefined) return shared;
  // Meta-schemas cost 40 ms to compile: manifests are held to them by `sluice plugins check` and by tests. Optimizing
  // the generated code costs more than the handful of validations of a profile can win back.
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: false,
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  for (const keyword of annotations) ajv.addKeyword({ keyword });
  ajv.addKeyword({
    keyword: "x-unit",
    type: "string",
    validate: (unit: unknown, text: string) => !isUnit(unit) || fitsUnit(unit, text),
  });
  // The package is CommonJS whose default export is the function and has itself as `default`.
  const formats = addFormats as unknown as { default: (ajv: Ajv2020) => void };
  formats.default(ajv);
  shared = ajv;
  return ajv;
}

/**
 * What a schema has against a value, all of it; the value is not changed.
 * @throws Error when the schema itself is no JSON Schema and the value is not certain to fit.
 */
export function schemaErrors(schema: JsonSchema, value: unknown): readonly ErrorObject[] {
  if (certainlyFits(schema, value)) return [];
  const validate = validatorOf(schema);
  return validate(value) ? [] : (validate.errors ?? []);
}

/** @throws Error when the schema is no JSON Schema. */
export function assertSchema(schema: JsonSchema): void {
  validatorOf(schema);
}

function validatorOf(schema: JsonSchema): ValidateFunction {
  let validate = bySchema.get(schema);
  if (validate === undefined) {
    const text = JSON.stringify(schema);
    validate = byText.get(text) ?? engine().compile(schema);
    byText.set(text, validate);
    bySchema.set(schema, validate);
  }
  return validate;
}
