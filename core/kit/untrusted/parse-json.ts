import type { ErrorCode } from "../../contract/error-codes/index.ts";
import { SluiceError } from "../../contract/errors.ts";
import { type JsonShape, shapeOfJson } from "./json-shape.ts";

/** How much one JSON text from outside may be. */
export interface JsonBounds {
  /** Bytes of UTF-8, or UTF-16 units where the text is a string. */
  readonly bytes: number;
  /** Arrays and objects within each other. */
  readonly depth: number;
  /** Values in all, those of arrays and objects included. */
  readonly nodes: number;
}

/** What comes from outside, and nobody has looked at yet. */
export const frameBounds: JsonBounds = { bytes: 8 << 20, depth: 64, nodes: 200_000 };

/**
 * What a host or a store of ours gives back. Events wrap what came in under `frameBounds`, so that a bound as tight
 * would refuse what was taken before.
 */
export const eventBounds: JsonBounds = { bytes: 256 << 20, depth: 96, nodes: 4_000_000 };

/** Where a text came from, and how it is bounded. */
export interface JsonSource extends Partial<JsonBounds> {
  /** Who sent it, for the message: "the container", "the provider". */
  readonly from?: string;
  /** The code of the error. Default SLUICE_JSON_REFUSED. */
  readonly code?: ErrorCode;
}

/**
 * Reads JSON that came from outside. It is measured before it is parsed, in one pass without recursion. No text costs
 * more than its length. Every other `JSON.parse` of outside data is a mistake, and a test looks for them.
 *
 * The message of the error never quotes the text, which may hold secrets.
 * @throws SluiceError SLUICE_JSON_REFUSED, or the code that `source` names
 */
export function parseJson(data: string | Uint8Array, source: JsonSource = {}): unknown {
  const bounds = { ...frameBounds, ...source };
  if (data.length > bounds.bytes) throw refused(source, `more than ${bounds.bytes} bytes of JSON`);
  const text = typeof data === "string" ? data : decoder.decode(data);
  const problem = problemOf(shapeOfJson(text, bounds), bounds);
  if (problem !== undefined) throw refused(source, problem);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's message quotes the text.
    throw refused(source, "what is not JSON");
  }
  return value;
}

/**
 * The same, where only an object makes sense.
 * @throws SluiceError SLUICE_JSON_REFUSED, or the code that `source` names
 */
export function parseJsonObject(data: string | Uint8Array, source: JsonSource = {}): Readonly<Record<string, unknown>> {
  const value = parseJson(data, source);
  if (isJsonObject(value)) return value;
  throw refused(source, "JSON that is not an object");
}

/** Whether a value is an object of JSON: no list, and not null. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is not UTF-8 becomes U+FFFD; a byte order mark is no JSON, in bytes as in text. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function problemOf(shape: JsonShape, bounds: JsonBounds): string | undefined {
  switch (shape) {
    case "deep":
      return `JSON nested deeper than ${bounds.depth} levels`;
    case "many":
      return `JSON of more than ${bounds.nodes} values`;
    case "prototype":
      return "JSON with a key __proto__";
    default:
      return undefined;
  }
}

function refused(source: JsonSource, what: string): SluiceError {
  const { from = "the other side", code = "SLUICE_JSON_REFUSED" } = source;
  return new SluiceError(code, `${from} sent ${what}`);
}
