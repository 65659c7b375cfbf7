import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { FinishReason, ModelEvent } from "../contract/model.ts";
import { ToolArguments } from "./tool-arguments.ts";

type FinishPart = Extract<LanguageModelV4StreamPart, { type: "finish" }>;

interface ToolCall {
  readonly index: number;
  readonly name: string;
  readonly arguments: ToolArguments;
  /** Arguments that are the program itself, and not JSON. */
  readonly raw: boolean;
  given: boolean;
}

/** Makes our events of an AI SDK stream's parts; tells tokens from everything that merely keeps a stream alive. */
export class PartReader {
  readonly #calls = new Map<string, ToolCall>();
  /** Characters of output so far, for an estimate of its tokens. */
  characters = 0;
  /** Whether the model has said anything yet. */
  started = false;

  /** Whether the model has called a tool. */
  get called(): boolean {
    return this.#calls.size > 0;
  }

  /** The event to pass on, if the part is one. `finish` and `error` are the caller's. */
  read(part: LanguageModelV4StreamPart): ModelEvent | undefined {
    switch (part.type) {
      case "text-delta":
        return part.delta === "" ? undefined : this.#said(part.delta.length, { type: "text-delta", text: part.delta });
      case "reasoning-delta":
        return part.delta === ""
          ? undefined
          : this.#said(part.delta.length, { type: "reasoning-delta", text: part.delta });
      case "tool-input-start":
        if (!part.providerExecuted) this.#begin(part.id, part.toolName, part.inputEncoding === "text");
        return undefined;
      case "tool-input-delta":
        return this.#arguments(part.id, part.delta);
      case "tool-call":
        if (part.providerExecuted) return undefined;
        return this.#complete(part.toolCallId, part.toolName, part.input);
      default:
        return undefined;
    }
  }

  #said(characters: number, event: ModelEvent | undefined): ModelEvent | undefined {
    this.started = true;
    this.characters += characters;
    return event;
  }

  #begin(id: string, name: string, raw: boolean): ToolCall {
    const call: ToolCall = { index: this.#calls.size, name, arguments: new ToolArguments(), raw, given: false };
    this.#calls.set(id, call);
    return call;
  }

  #arguments(id: string, delta: string): ModelEvent | undefined {
    const call = this.#calls.get(id);
    if (!call || delta === "") return undefined;
    call.given = true;
    return this.#said(delta.length, codeOf(call, call.raw ? delta : call.arguments.write(delta)));
  }

  /** The whole call. Where its arguments were streamed already, only what was held back is left. */
  #complete(id: string, name: string, input: string): ModelEvent | undefined {
    const call = this.#calls.get(id) ?? this.#begin(id, name, false);
    const first = call.given ? "" : call.arguments.write(input);
    if (!call.given) this.#said(input.length, undefined);
    call.given = true;
    return codeOf(call, first + call.arguments.end());
  }
}

function codeOf(call: ToolCall, text: string): ModelEvent | undefined {
  if (text === "") return undefined;
  const language = call.arguments.language || (call.name === "execute" ? "python" : call.name);
  return { type: "code-delta", language, text, index: call.index };
}

/**
 * Why the answer ended, or undefined where the provider never said that it did. The AI SDK ends every stream with a
 * `finish`; without the provider's own reason it is `other` or `error` with no raw reason, or `interrupted`.
 */
export function finishReasonOf(part: FinishPart): FinishReason | undefined {
  const { unified, raw } = part.finishReason;
  switch (unified) {
    case "stop":
    case "length":
      return unified;
    case "tool-calls":
      return "tool";
    case "content-filter":
      return "filter";
    case "interrupted":
      return undefined;
    default:
      return raw === undefined ? undefined : "other";
  }
}
