import { Ajv } from "ajv";
import type { JsonSchema } from "../../contract/json-schema.ts";

/** One thing a schema has against a value. */
export interface SchemaIssue {
  /** JSON pointer into the value; empty for the value itself. */
  readonly path: string;
  readonly message: string;
}

/** Returns what is wrong with a value; an empty list when it fits. */
export type SchemaValidator = (value: unknown) => readonly SchemaIssue[];

let shared: Ajv | undefined;

/**
 * Compiles a JSON Schema into a function, for edges of the process such as frames from a socket. Formats and keywords
 * it does not know are ignored; the value is never changed. Compiling takes milliseconds: do it once and keep the result.
 */
export function compileSchema(schema: JsonSchema): SchemaValidator {
  shared ??= new Ajv({ strict: false, validateFormats: false, addUsedSchema: false });
  const validate = shared.compile(schema);
  return (value) => {
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => ({
      path: error.instancePath,
      message: error.message ?? error.keyword,
    }));
  };
}
