import { isRunnable } from "../../text/code-language.ts";
import { isJsonObject } from "../../untrusted/index.ts";
import { ToolArguments } from "../tool-arguments.ts";
import { jsonOf } from "./json.ts";

/** What became of a call: a program, or why it is none. */
export type CallResult =
  | { readonly ok: true; readonly language: string | undefined; readonly code: string }
  | { readonly ok: false; readonly why: string };

/**
 * The arguments of a call of `execute`. They are given out as code while they are written, and judged when whole: code
 * that was given out counts only where the whole is the JSON that was asked for.
 */
export class CallArguments {
  readonly #reader = new ToolArguments();
  #raw = "";
  /** Code given out so far. */
  #given = "";

  get language(): string | undefined {
    return this.#reader.language;
  }

  get raw(): string {
    return this.#raw;
  }

  /** Takes a piece, and returns the code that can go on. */
  write(piece: string): string {
    this.#raw += piece;
    const code = this.#reader.write(piece);
    this.#given += code;
    return code;
  }

  /** No more comes. `rest` is code that was not given out yet. */
  end(): CallResult & { readonly rest: string } {
    const result = programOf(this.#raw);
    const language = result.ok ? result.language : undefined;
    if (result.ok && result.code.startsWith(this.#given) && (this.#given === "" || language === this.language)) {
      return { ...result, rest: result.code.slice(this.#given.length) };
    }
    return { ...(result.ok ? { ok: false, why: "its fields are given twice" } : result), rest: "" };
  }
}

/** Reads whole arguments. JSON within a JSON text is unpacked once, as some servers encode twice. */
export function programOf(raw: string): CallResult {
  if (raw.trim() === "") return no("it has no arguments");
  const first = jsonOf(raw);
  const value = typeof first === "string" ? jsonOf(first) : first;
  if (first === undefined) return no("its arguments are no JSON");
  if (!isJsonObject(value)) return no(`its arguments are ${kindOf(value)} and no object`);
  const { language, code } = value;
  if (code === undefined) {
    const fields = Object.keys(value);
    return no(
      fields.length === 0 ? "its arguments are empty" : `it has no \`code\`, but ${fields.slice(0, 5).join(", ")}`,
    );
  }
  if (typeof code !== "string") return no(`its \`code\` is ${kindOf(code)} and no text`);
  if (code.trim() === "") return no("its `code` is empty");
  if (typeof language !== "string" && language !== undefined && language !== null) {
    return no(`its \`language\` is ${kindOf(language)} and no text`);
  }
  return { ok: true, language: language?.trim().toLowerCase() || undefined, code };
}

/** Models put a tool's name behind that of a namespace. */
export function toolOf(name: string): string {
  return name.split(/[.:/]/).at(-1)?.trim().toLowerCase() ?? "";
}

/** Whether a call means the one tool there is. Some models name it by the language. */
export function isTool(name: string): boolean {
  const tool = toolOf(name);
  return tool === "execute" || isRunnable(tool);
}

function no(why: string): CallResult {
  return { ok: false, why };
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
