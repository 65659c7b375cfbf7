import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import {
  type ErrorBody,
  type EventData,
  errorEntry,
  type RunEvent,
  type RunHandle,
  SluiceError,
} from "../../core/contract/index.ts";
import { roomIn, Transcript } from "../../core/kit/index.ts";
import { AnswerStream, answerOf } from "./answer-text.ts";
import type { CompletionRequest } from "./request.ts";
import { errorBody, json } from "./response.ts";

type RunEnd = EventData["run-end"];

/** Answers one request with one run; a client that goes away cancels it. */
export class Completion {
  readonly #handle: RunHandle;
  readonly #request: CompletionRequest;
  readonly #response: ServerResponse;
  readonly #show: "all" | "text";
  readonly #id = `chatcmpl-${randomUUID()}`;
  readonly #created = Math.floor(Date.now() / 1000);
  #finish = "stop";
  #error: ErrorBody | undefined;

  constructor(handle: RunHandle, request: CompletionRequest, response: ServerResponse, show: "all" | "text") {
    this.#handle = handle;
    this.#request = request;
    this.#response = response;
    this.#show = show;
    response.once("close", () => handle.cancel("run"));
  }

  /** @throws SluiceError what failed before anything was sent */
  answer(): Promise<void> {
    return this.#request.stream ? this.#stream() : this.#whole();
  }

  async #whole(): Promise<void> {
    const transcript = new Transcript();
    for await (const event of this.#handle.events()) {
      this.#observe(event);
      transcript.push(event);
    }
    const end = transcript.end?.data;
    const { content, reasoning } = answerOf(transcript, this.#show);
    const failure = this.#failure(end, content !== "" || reasoning !== "");
    if (failure !== undefined) throw failure;
    const message = { role: "assistant", content, ...(reasoning && { reasoning_content: reasoning }) };
    const choices = [{ index: 0, message, logprobs: null, finish_reason: this.#finish }];
    json(this.#response, { ...this.#frame("chat.completion"), choices, usage: usageOf(end) });
  }

  async #stream(): Promise<void> {
    let end: RunEnd | undefined;
    const answer = new AnswerStream(this.#show);
    for await (const event of this.#handle.events()) {
      this.#observe(event);
      for (const piece of answer.read(event)) {
        if (piece.kind === "void") {
          // What is sent cannot be taken back; an answer twice in one would be worse than none.
          if (this.#response.headersSent) return this.#broken();
        } else {
          const key = piece.kind === "text" ? "content" : "reasoning_content";
          this.#delta({ [key]: piece.text });
        }
      }
      await roomIn(this.#response);
      if (event.type === "run-end") end = event.data;
    }
    const failure = this.#failure(end, this.#response.headersSent);
    if (failure !== undefined && !this.#response.headersSent) throw failure;
    if (failure !== undefined) return this.#last(errorBody(failure));
    this.#delta({}, this.#finish);
    if (this.#request.includeUsage) this.#chunk({ choices: [], usage: usageOf(end) });
    this.#response.end("data: [DONE]\n\n");
  }

  #observe(event: RunEvent): void {
    if (event.type === "error") this.#error = event.data;
    if (event.type === "model-end") this.#finish = finishes[event.data.reason] ?? "stop";
  }

  /** A program that exits non-zero is part of an answer; anything else that ends a run badly is an error. */
  #failure(end: RunEnd | undefined, answered: boolean): SluiceError | undefined {
    const { status, exitCode, signal, reason } = end ?? { status: "lost" };
    if (
      status === "ok" ||
      (status === "failed" && answered && (typeof exitCode === "number" || signal !== undefined))
    ) {
      return undefined;
    }
    const error = this.#error;
    if (error !== undefined && errorEntry(error.code) !== undefined) return SluiceError.fromBody(error);
    const code =
      status === "timeout" ? "SLUICE_RUN_TIMEOUT" : status === "lost" ? "SLUICE_RUN_LOST" : "SLUICE_INTERNAL";
    return new SluiceError(code, reason ?? `the run ended as ${status}`);
  }

  #broken(): void {
    this.#handle.cancel("run");
    const message = "the model failed after part of its answer was sent; ask again";
    this.#last(errorBody(new SluiceError("SLUICE_MODEL_INCOMPLETE", message)));
  }

  #delta(delta: Readonly<Record<string, unknown>>, finish: string | null = null): void {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
      this.#chunk({
        choices: [{ index: 0, delta: { role: "assistant", content: "", ...delta }, finish_reason: finish }],
      });
      return;
    }
    this.#chunk({ choices: [{ index: 0, delta, finish_reason: finish }] });
  }

  #chunk(rest: Readonly<Record<string, unknown>>): void {
    this.#response.write(`data: ${JSON.stringify({ ...this.#frame("chat.completion.chunk"), ...rest })}\n\n`);
  }

  #last(value: unknown): void {
    this.#response.end(`data: ${JSON.stringify(value)}\n\n`);
  }

  #frame(object: string): Readonly<Record<string, unknown>> {
    return { id: this.#id, object, created: this.#created, model: this.#request.model };
  }
}

const finishes: Readonly<Record<string, string>> = { stop: "stop", length: "length", filter: "content_filter" };

function usageOf(end: RunEnd | undefined): Readonly<Record<string, number>> {
  const { inputTokens = 0, outputTokens = 0 } = end?.usage ?? {};
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}
