import type { ModelEvent } from "../../../contract/model.ts";
import { CallArguments, isTool, toolOf } from "./arguments.ts";
import { jsonOf, textOf } from "./json.ts";

interface ToolCall {
  readonly index: number;
  name: string;
  readonly arguments: CallArguments;
  /** Arguments that came before the name. */
  early: string;
}

/** The tool calls of one answer: programs as they are written, and why a call is none. */
export class ToolCalls {
  readonly #emit: (event: ModelEvent) => void;
  readonly #calls: ToolCall[] = [];
  readonly #byKey = new Map<string | number, ToolCall>();

  constructor(emit: (event: ModelEvent) => void) {
    this.#emit = emit;
  }

  get any(): boolean {
    return this.#calls.length > 0;
  }

  /** Takes a piece of a call; returns how many characters it had. */
  write(key: string | number | undefined, piece: { readonly name?: unknown; readonly arguments?: unknown }): number {
    const name = textOf(piece.name).trim();
    const text = typeof piece.arguments === "string" ? piece.arguments : written(piece.arguments);
    const call = this.#callOf(key, name, text);
    if (call.name === "") call.name = name;
    // A name may come in pieces, as its arguments do.
    else if (name !== call.name && call.arguments.raw === "" && !isTool(call.name)) call.name += name;
    if (call.name === "") call.early += text;
    else {
      this.#take(call, call.early + text);
      call.early = "";
    }
    return name.length + text.length;
  }

  /** No more comes. `whole`: the model ended its answer by itself, and was not cut off. */
  end(whole: boolean): void {
    for (const call of this.#calls) this.#end(call, whole);
  }

  #callOf(key: string | number | undefined, name: string, text: string): ToolCall {
    const existing = key === undefined ? this.#calls.at(-1) : this.#byKey.get(key);
    // Some servers give every call the same index: one that is named again after its end is another one.
    const again = existing !== undefined && name !== "" && existing.name !== "" && text !== "" && isWhole(existing);
    if (existing && !again) return existing;
    const call: ToolCall = { index: this.#calls.length, name: "", arguments: new CallArguments(), early: "" };
    this.#calls.push(call);
    if (key !== undefined) this.#byKey.set(key, call);
    return call;
  }

  #take(call: ToolCall, text: string): void {
    const code = call.arguments.write(text);
    if (isTool(call.name)) this.#give(call, code, call.arguments.language);
  }

  #give(call: ToolCall, code: string, language: string | undefined): void {
    if (code === "") return;
    const tool = toolOf(call.name);
    const otherwise = tool === "execute" ? "python" : tool;
    this.#emit({ type: "code-delta", language: language || otherwise, text: code, index: call.index });
  }

  #end(call: ToolCall, whole: boolean): void {
    const refuse = (why: string, cut: boolean) =>
      this.#emit({
        type: "call-error",
        index: call.index,
        message: why,
        cut,
        arguments: call.early + call.arguments.raw,
      });
    if (!isTool(call.name)) {
      const named = call.name === "" ? "it names no tool" : `there is no tool \`${call.name}\``;
      refuse(`${named}; the only one is \`execute\``, false);
      return;
    }
    const result = call.arguments.end();
    if (result.ok) this.#give(call, result.rest, result.language);
    else if (!whole && !isWhole(call)) refuse("it was cut off", true);
    else refuse(result.why, false);
  }
}

function isWhole(call: ToolCall): boolean {
  return jsonOf(call.arguments.raw) !== undefined;
}

function written(value: unknown): string {
  return value === undefined || value === null ? "" : JSON.stringify(value);
}
