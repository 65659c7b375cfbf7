import { plural } from "./plural.ts";

/** Deeper than this nobody reads a log. */
const maxDepth = 8;

/**
 * Makes a value safe to serialise and share: only what JSON can say, no cycles, errors as name, code and message,
 * bytes as their number; every string passes `mask`, keys included.
 */
export function plainValue(value: unknown, mask: (text: string) => string = (text) => text): unknown {
  return plain(value, mask, []);
}

function plain(value: unknown, mask: (text: string) => string, above: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
      return mask(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "object":
      return value === null ? null : plainObject(value, mask, above);
    default:
      return mask(String(value));
  }
}

function plainObject(value: object, mask: (text: string) => string, above: readonly object[]): unknown {
  if (above.includes(value)) return "[circular]";
  if (above.length >= maxDepth) return "[deep]";
  if (ArrayBuffer.isView(value)) return `[${plural(value.byteLength, "byte")}]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
  const inside = [...above, value];
  if (value instanceof Error) return plainError(value, mask, inside);
  if (value instanceof Map || value instanceof Set) return plain([...value], mask, inside);
  if (Array.isArray(value)) return value.map((item) => plain(item, mask, inside));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [mask(key), plain(item, mask, inside)]));
}

function plainError(error: Error & { code?: unknown }, mask: (text: string) => string, inside: readonly object[]) {
  return {
    name: error.name,
    ...(error.code === undefined ? {} : { code: plain(error.code, mask, inside) }),
    message: mask(error.message),
    ...(error.cause === undefined ? {} : { cause: plain(error.cause, mask, inside) }),
  };
}
