import { SluiceError } from "../../../contract/errors.ts";
import { isJsonObject } from "../../untrusted/index.ts";
import { type JsonObject, jsonOf, longestValue } from "./json.ts";
import { doneMark, EventSplitter } from "./split-events.ts";
import { JsonSplitter } from "./split-json.ts";

/** One thing that a body says. */
export type BodyItem =
  /** `name` is that of the server-sent event, where it has one. */
  | { readonly kind: "value"; readonly value: JsonObject; readonly name: string }
  | { readonly kind: "done" }
  /** Data that is no JSON. */
  | { readonly kind: "words"; readonly text: string; readonly name: string };

/**
 * Reads the body of an answer, however it is cut: server-sent events, lines of JSON, a list of objects, or one object.
 * What it begins with decides, for servers send whole answers where a stream was asked for, and name either wrongly.
 */
export class BodyReader {
  readonly #decoder = new TextDecoder();
  readonly #source: string;
  #form: EventSplitter | JsonSplitter | "page" | undefined;
  /** The body up to its first visible character, and pages of HTML as a whole. */
  #text = "";

  constructor(source: string) {
    this.#source = source;
  }

  /** Words that stood where a value should have been. */
  get junk(): string {
    return this.#form === undefined || this.#form === "page" ? this.#text : this.#form.junk;
  }

  write(bytes: Uint8Array): BodyItem[] {
    return this.#read(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): BodyItem[] {
    const items = this.#read(this.#decoder.decode());
    return this.#form instanceof EventSplitter ? [...items, ...this.#form.end().map(itemOf)] : items;
  }

  #read(text: string): BodyItem[] {
    let piece = text;
    if (this.#form === undefined) {
      piece = this.#text + text;
      this.#form = formOf(piece);
      this.#text = this.#form === undefined ? piece : "";
    }
    if (this.#form === undefined) return [];
    if (this.#form === "page") {
      if (this.#text.length < 64 * 1024) this.#text += piece;
      return [];
    }
    const items =
      this.#form instanceof EventSplitter
        ? this.#form.write(piece).map(itemOf)
        : this.#form.write(piece).map((json) => itemOf({ name: "", data: json, value: jsonOf(json) }));
    if (this.#form.pending > longestValue) {
      throw new SluiceError("SLUICE_MODEL_MALFORMED", `${this.#source}: the provider sent an event without an end.`);
    }
    return items;
  }
}

function formOf(text: string): EventSplitter | JsonSplitter | "page" | undefined {
  const first = /[^\s\ufeff]/.exec(text)?.[0];
  if (first === undefined) return undefined;
  if (first === "<") return "page";
  return first === "{" || first === "[" ? new JsonSplitter() : new EventSplitter();
}

function itemOf({
  name,
  data,
  value,
}: {
  readonly name: string;
  readonly data: string;
  readonly value: unknown;
}): BodyItem {
  if (isJsonObject(value)) return { kind: "value", value, name };
  if (data.trim() === doneMark) return { kind: "done" };
  return { kind: "words", text: data, name };
}
