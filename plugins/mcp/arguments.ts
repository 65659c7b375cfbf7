import { fromJsonSchema, type JsonSchemaType, type jsonSchemaValidator } from "@modelcontextprotocol/server";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/server/validators/ajv";
import { cutText } from "../../core/kit/index.ts";

/** The library's validator, but for what it leaves out: which argument there is not. */
const validator: jsonSchemaValidator = {
  getValidator<T>(schema: JsonSchemaType) {
    const validate = new AjvJsonSchemaValidator().getValidator<T>(schema);
    return (input: unknown) => {
      const result = validate(input);
      const unknown = result.valid ? [] : unknownKeys(schema, input);
      if (result.valid || unknown.length === 0) return result;
      const known = Object.keys(schema["properties"] ?? {}).join(", ");
      const names = cutText(unknown.join(", "), 100);
      return { ...result, errorMessage: `there is no argument ${names}; the arguments are ${known}` };
    };
  },
};

/** What a tool takes, for the library. */
export function argumentsOf(schema: Readonly<Record<string, unknown>>) {
  return fromJsonSchema<Record<string, unknown>>(schema, validator);
}

function unknownKeys(schema: JsonSchemaType, input: unknown): readonly string[] {
  const known = schema["properties"] ?? {};
  const given = typeof input === "object" && input !== null ? Object.keys(input) : [];
  return given.filter((name) => !Object.hasOwn(known, name));
}
