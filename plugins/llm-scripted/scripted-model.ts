import { setImmediate } from "node:timers/promises";
import { Observable, type Subscriber } from "rxjs";
import {
  type Clock,
  type ErrorCode,
  errorEntry,
  type Model,
  type ModelEvent,
  type ModelRequest,
  SluiceError,
  type Usage,
} from "../../core/contract/index.ts";
import { errorOfStatus, estimateUsage, plural, priceOfTokens } from "../../core/kit/index.ts";
import { chooseAnswer } from "./choose.ts";
import type { AnswerError, ScriptedAnswer, ScriptedConfig } from "./config.ts";

/** Deltas sent without a pause before other work gets its turn. */
const burst = 64;

export class ScriptedModel implements Model {
  readonly #id: string;
  readonly #clock: Clock;
  #config: ScriptedConfig;

  constructor(id: string, config: ScriptedConfig, clock: Clock) {
    this.#id = id;
    this.#config = config;
    this.#clock = clock;
  }

  get modelId(): string {
    return this.#config.model;
  }

  generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent> {
    const config = this.#config;
    return new Observable((subscriber) => {
      const ended = new AbortController();
      const stop = AbortSignal.any([signal, ended.signal]);
      this.#play(config, request, subscriber, stop).then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(signal.aborted ? cancelled(this.#id) : error),
      );
      return () => ended.abort();
    });
  }

  async #play(
    config: ScriptedConfig,
    request: ModelRequest,
    subscriber: Subscriber<ModelEvent>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const answer = chooseAnswer(config, request, this.#id);
    const wait = answer.wait ?? 0;
    await (wait > 0 ? this.#clock.sleep(wait, signal) : setImmediate(undefined, { signal }));
    const delay = answer.delay ?? config.delay;
    let sent = 0;
    let characters = 0;
    for (const event of deltas(answer, answer.chunk ?? config.chunk)) {
      if (sent > 0 && delay > 0) await this.#clock.sleep(delay, signal);
      else if (sent > 0 && sent % burst === 0) await setImmediate(undefined, { signal });
      subscriber.next(event);
      signal.throwIfAborted();
      sent += 1;
      characters += event.text.length;
    }
    if (answer.error) throw toError(answer.error, this.#id);
    if (answer.hang) await untilAborted(signal);
    subscriber.next({
      type: "finish",
      reason: answer.finish ?? (answer.tool && answer.code !== undefined ? "tool" : "stop"),
      usage: answer.usage ?? estimateUsage(request, characters),
    });
  }

  cost(usage: Usage): number {
    return this.#config.price ? priceOfTokens(usage, this.#config.price) : 0;
  }

  async list() {
    return [{ id: this.#config.model, installed: true, description: "Answers from the profile's script." }];
  }

  async probe() {
    return { reachable: true, modelKnown: true, detail: plural(this.#config.script.length, "answer") };
  }

  reconfigure(config: ScriptedConfig): void {
    this.#config = config;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

type Delta = Extract<ModelEvent, { text: string }>;

function* deltas(answer: ScriptedAnswer, size: number): Generator<Delta> {
  for (const text of cut(answer.reasoning ?? "", size)) yield { type: "reasoning-delta", text };
  for (const text of cut(answer.text ?? "", size)) yield { type: "text-delta", text };
  if (answer.code === undefined) return;
  const language = answer.language ?? "python";
  if (answer.tool) {
    for (const text of cut(answer.code, size)) yield { type: "code-delta", language, text, index: 0 };
    return;
  }
  const lead = answer.text && !answer.text.endsWith("\n") ? "\n\n" : "";
  const fenced = `${lead}\`\`\`${language}\n${answer.code.replace(/\n?$/, "\n")}\`\`\`\n`;
  for (const text of cut(fenced, size)) yield { type: "text-delta", text };
}

/** Pieces of `size` characters as a reader counts them, so that no emoji is halved. */
function* cut(text: string, size: number): Generator<string> {
  if (text === "") return;
  if (size === 0) {
    yield text;
    return;
  }
  let piece = "";
  let length = 0;
  for (const character of text) {
    piece += character;
    length += 1;
    if (length === size) {
      yield piece;
      piece = "";
      length = 0;
    }
  }
  if (piece !== "") yield piece;
}

function toError(error: AnswerError, id: string): SluiceError {
  const message = error.message ?? "as the script says";
  if (error.code !== undefined && errorEntry(error.code) !== undefined) {
    const details = error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter };
    return new SluiceError(error.code as ErrorCode, `${id}: ${message}`, details);
  }
  const headers: Record<string, string> = {};
  if (error.retryAfter !== undefined) headers["retry-after-ms"] = String(error.retryAfter);
  return errorOfStatus({ source: id, status: error.status ?? 500, message, headers });
}

function cancelled(id: string): SluiceError {
  return new SluiceError("SLUICE_RUN_CANCELLED", `${id}: the request was cancelled.`);
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
