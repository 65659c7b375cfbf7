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
      const names = cutText(unknown.join(", "), 100);
      return { ...result, errorMessage: `there is no argument ${names}; the tool's schema names those that there are` };
    };
  },
};

/** What a tool takes, for the library. */
export function argumentsOf(schema: Readonly<Record<string, unknown>>) {
  return fromJsonSchema<Record<string, unknown>>(schema, validator);
}

/** Paths of arguments that the schema does not have, those of lists of objects among them. */
function unknownKeys(schema: unknown, input: unknown, at = ""): readonly string[] {
  if (typeof schema !== "object" || schema === null || typeof input !== "object" || input === null) return [];
  const { properties = {}, items } = schema as { readonly properties?: object; readonly items?: unknown };
  if (Array.isArray(input)) return input.flatMap((each, index) => unknownKeys(items, each, `${at}[${index}].`));
  return Object.entries(input).flatMap(([name, value]) =>
    Object.hasOwn(properties, name)
      ? unknownKeys((properties as Readonly<Record<string, unknown>>)[name], value, at + name)
      : [at + name],
  );
}
