import { isJsonObject, parseJson } from "../../untrusted/index.ts";

/** What a provider sends is read field by field: what nobody reads may be of any type. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value where it is an object, else one without fields. */
export function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The objects of a list; a single object counts as a list of one. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  if (Array.isArray(value)) return value.filter(isJsonObject);
  return isJsonObject(value) ? [value] : [];
}

/** The value where it is a text, else an empty one. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Characters of one value of an answer; what is longer is no answer of a model. */
export const longestValue = 64 * 1024 * 1024;

/** The value of a JSON text, or undefined where it is none, or one that nobody should read. */
export function jsonOf(text: string): unknown {
  try {
    return parseJson(text, { bytes: longestValue });
  } catch {
    return undefined;
  }
}
