import type { SluiceError } from "../../../contract/errors.ts";
import type { Usage } from "../../../contract/event.ts";
import type { ModelEvent, ModelRequest } from "../../../contract/model.ts";
import { estimateUsage } from "../estimate.ts";
import { ToolCalls } from "./calls.ts";
import { type FinishKind, finishKindOf } from "./finish.ts";
import type { AnswerSink } from "./format.ts";
import { textOf } from "./json.ts";
import { type AnswerErrors, noAnswer } from "./no-answer.ts";

/** What one answer has said so far, as our events. */
export class AnswerReading implements AnswerSink {
  readonly #errors: AnswerErrors;
  readonly #emit: (event: ModelEvent) => void;
  readonly #calls: ToolCalls;
  /** Characters of output so far, unseen ones included, for an estimate of its tokens. */
  characters = 0;
  /** Whether anything visible was said, and whether there were thoughts. */
  #said = false;
  #thought = false;
  #refusal = "";
  #usage: { readonly input: unknown; readonly output: unknown } | undefined;
  #finish: { readonly kind: FinishKind; readonly raw: string; readonly words: string } | undefined;
  #over = false;

  constructor(errors: AnswerErrors, emit: (event: ModelEvent) => void) {
    this.#errors = errors;
    this.#emit = emit;
    this.#calls = new ToolCalls((event) => this.#emit(event));
  }

  /** Whether the model has said anything, shown or not. */
  get started(): boolean {
    return this.characters > 0;
  }

  /** Whether the provider told the end. */
  get finished(): boolean {
    return this.#finish !== undefined || this.#over;
  }

  /** Whether nothing follows. */
  get isOver(): boolean {
    return this.#over;
  }

  text(piece: unknown): void {
    const text = textOf(piece);
    if (text === "") return;
    this.#said ||= text.trim() !== "";
    this.characters += text.length;
    this.#emit({ type: "text-delta", text });
  }

  reasoning(piece: unknown): void {
    const text = textOf(piece);
    if (text === "") return;
    this.#thought = true;
    this.characters += text.length;
    this.#emit({ type: "reasoning-delta", text });
  }

  refusal(words: unknown): void {
    this.#refusal += textOf(words);
  }

  call(key: string | number | undefined, piece: { readonly name?: unknown; readonly arguments?: unknown }): void {
    this.characters += this.#calls.write(key, piece);
  }

  usage(input: unknown, output: unknown): void {
    this.#usage = { input: input ?? this.#usage?.input, output: output ?? this.#usage?.output };
  }

  finish(reason: unknown, words?: unknown): void {
    const raw = textOf(reason);
    if (raw !== "") this.#finish = { kind: finishKindOf(raw), raw, words: textOf(words) };
  }

  over(): void {
    this.#over = true;
  }

  fail(value: unknown): never {
    throw this.#errors.ofBody(value);
  }

  /** The end of the answer. @throws SluiceError where it is no answer */
  end(request: ModelRequest): ModelEvent {
    const { kind, raw, words } = this.#finish ?? { kind: "other" as const, raw: "", words: "" };
    const failure = this.#failure(kind, raw, words);
    if (failure) throw failure;
    const ended = kind === "stop" || kind === "tool" || kind === "length" || kind === "filter" ? kind : "other";
    this.#calls.end(ended === "stop" || ended === "tool");
    // Some servers have a reason of their own for the end of a call.
    const called = this.#calls.any && (ended === "other" || ended === "stop");
    return { type: "finish", reason: called ? "tool" : ended, usage: this.#usageOf(request) };
  }

  #failure(kind: FinishKind, raw: string, words: string): SluiceError | undefined {
    const silent = !this.#said && !this.#calls.any;
    if (this.#refusal.trim() !== "") return noAnswer(this.#errors, "refusal", { raw, words: this.#refusal });
    if (kind === "refusal" || kind === "bad-call" || kind === "failure")
      return noAnswer(this.#errors, kind, { raw, words });
    if (!silent) return undefined;
    if (kind === "filter" || kind === "not-begun") return noAnswer(this.#errors, kind, { raw, words });
    return noAnswer(this.#errors, this.#thought ? "thoughts" : "nothing", { raw, words });
  }

  /** Counts that are none, and a prompt or an answer of no tokens, were not counted by the provider. */
  #usageOf(request: ModelRequest): Usage {
    const { input, output } = this.#usage ?? {};
    if (!isCount(input) || !isCount(output) || input === 0 || (output === 0 && this.started)) {
      return estimateUsage(request, this.characters);
    }
    return { inputTokens: input, outputTokens: output };
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
