import type { JsonObject } from "./json.ts";

/** Takes what a provider's answer consists of. Values come as they were sent; what is of a wrong type is passed over. */
export interface AnswerSink {
  text(piece: unknown): void;
  reasoning(piece: unknown): void;
  /** The model refuses, in words of its own. */
  refusal(words: unknown): void;
  /**
   * A piece of a tool call. `key` tells calls apart; undefined means the one under way. `arguments` is a piece of JSON,
   * or the whole of it as an object.
   */
  call(key: string | number | undefined, piece: { readonly name?: unknown; readonly arguments?: unknown }): void;
  /** Token counts so far; later ones replace earlier ones. */
  usage(inputTokens: unknown, outputTokens: unknown): void;
  /** Why the answer ends, in the provider's own word. Usage may still follow. */
  finish(reason: unknown, words?: unknown): void;
  /** Nothing follows. */
  over(): void;
  /** The provider failed, in the words of this value. */
  fail(value: unknown): never;
}

/** Reads one answer, value after value: of a stream of events, of lines, or a whole answer at once. */
export type AnswerReader = (value: JsonObject, sink: AnswerSink) => void;

/** Makes a reader for one answer. */
export type AnswerFormat = () => AnswerReader;
