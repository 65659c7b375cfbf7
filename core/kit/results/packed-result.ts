import type { EventData } from "../../contract/event.ts";
import { knowDataJson } from "../untrusted/known-json.ts";
import { eventBounds, parseJson, parseJsonObject } from "../untrusted/parse-json.ts";
import { resultOf } from "./result-of.ts";

type ResultData = EventData["exec-result"];
type Bundle = Readonly<Record<string, unknown>>;

/** Types of one result at most: more are no value in several types, but a list that costs whoever looks at it. */
const mostTypes = 64;
/** Characters of a value's JSON up to which it goes along as it is. */
const small = 4096;

/** One entry of a bundle: the value, or the place of its JSON among the bytes. */
type PackedEntry = readonly [type: string, value: unknown] | readonly [type: string, start: number, end: number];

/** A result as another thread hands it over: its JSON, and of its values those that cost little. */
export interface PackedResult {
  /** The event's data as JSON in UTF-8, as `JSON.stringify` writes it. */
  readonly json: Uint8Array<ArrayBuffer>;
  readonly rest: Omit<ResultData, "data" | "metadata">;
  readonly data: readonly PackedEntry[];
  readonly metadata: readonly PackedEntry[] | undefined;
}

/** Reads what a program showed, on a thread where that keeps nobody waiting; undefined where it is no result. */
export function packResult(payload: Uint8Array): PackedResult | undefined {
  const shown = shownIn(payload);
  if (shown === undefined || Object.keys(shown.data).length > mostTypes) return undefined;
  const { data, metadata, ...rest } = shown;
  const writer = new Writer();
  const packed = {
    rest,
    data: writer.bundle('{"data":', data),
    metadata: isFew(metadata) ? writer.bundle(',"metadata":', metadata) : undefined,
  };
  const others = JSON.stringify(rest).slice(1);
  writer.text(others === "}" ? others : `,${others}`);
  return { ...packed, json: writer.end() };
}

function shownIn(payload: Uint8Array): ResultData | undefined {
  try {
    return resultOf(parseJsonObject(payload, { from: "the container" }));
  } catch {
    return undefined;
  }
}

function isFew(metadata: ResultData["metadata"]): metadata is Bundle {
  return metadata !== undefined && Object.keys(metadata).length <= mostTypes;
}

/** The event's data as whoever looks at it has it. A value that is large, and no text, is parsed at the first look. */
export function unpackResult({ json, rest, data, metadata }: PackedResult): ResultData {
  const shown: ResultData = {
    data: unpackBundle(json, data),
    ...(metadata === undefined ? {} : { metadata: unpackBundle(json, metadata) }),
    ...rest,
  };
  knowDataJson(shown, json);
  return shown;
}

function unpackBundle(json: Uint8Array, entries: readonly PackedEntry[]): Record<string, unknown> {
  const bundle: Record<string, unknown> = {};
  for (const [type, first, end] of entries) {
    if (end === undefined) bundle[type] = first;
    else later(bundle, type, () => parseJson(json.subarray(first as number, end), eventBounds));
  }
  return bundle;
}

/** A property that is made when somebody looks at it. */
function later(bundle: object, type: string, make: () => unknown): void {
  const shape = { enumerable: true, configurable: true };
  Object.defineProperty(bundle, type, {
    ...shape,
    get: () => {
      const value = make();
      Object.defineProperty(bundle, type, { ...shape, value, writable: true });
      return value;
    },
  });
}

/** Writes JSON in pieces, and knows where each value stands in it. */
class Writer {
  readonly #parts: Uint8Array[] = [];
  #at = 0;

  text(text: string): void {
    const bytes = Buffer.from(text);
    this.#parts.push(bytes);
    this.#at += bytes.length;
  }

  bundle(before: string, bundle: Bundle): readonly PackedEntry[] {
    this.text(`${before}{`);
    const entries = Object.entries(bundle).map(([type, value], index): PackedEntry => {
      this.text(`${index === 0 ? "" : ","}${JSON.stringify(type)}:`);
      const start = this.#at;
      const json = JSON.stringify(value);
      this.text(json);
      return typeof value === "string" || json.length <= small ? [type, value] : [type, start, this.#at];
    });
    this.text("}");
    return entries;
  }

  end(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#at);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}
