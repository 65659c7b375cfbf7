import {
  type AnswerFormat,
  type AnswerSink,
  isJsonObject,
  type JsonObject,
  objectOf,
  objectsOf,
} from "../../core/kit/index.ts";

/** Anthropic's Messages: a stream of events, or a whole message. */
export const messagesFormat: AnswerFormat = () => {
  const reader = new MessagesReader();
  return (value, sink) => reader.read(value, sink);
};

class MessagesReader {
  /** Blocks that are calls of a tool of ours. */
  readonly #calls = new Set<unknown>();
  #prompt: unknown;

  read(event: JsonObject, sink: AnswerSink): void {
    switch (event["type"]) {
      case "message_start":
        this.#usage(objectOf(event["message"])["usage"], sink);
        return;
      case "content_block_start":
        this.#block(objectOf(event["content_block"]), event["index"], sink);
        return;
      case "content_block_delta":
        this.#delta(objectOf(event["delta"]), event["index"], sink);
        return;
      case "message_delta":
        this.#usage(event["usage"], sink);
        this.#stop(objectOf(event["delta"]), sink);
        return;
      case "message_stop":
        sink.over();
        return;
      case "message":
        if (typeof event["content"] === "string") sink.text(event["content"]);
        objectsOf(event["content"]).forEach((block, index) => {
          this.#block(block, index, sink);
        });
        this.#usage(event["usage"], sink);
        this.#stop(event, sink);
        sink.over();
        return;
      default:
      // Pings, and what will have been added since.
    }
  }

  #block(block: JsonObject, index: unknown, sink: AnswerSink): void {
    if (block["type"] === "text") sink.text(block["text"]);
    else if (block["type"] === "thinking") sink.reasoning(block["thinking"]);
    else if (block["type"] === "tool_use") {
      this.#calls.add(index);
      // Streams begin with an empty object, and bring the arguments piece by piece.
      const input = block["input"];
      const empty = input === "" || (isJsonObject(input) && Object.keys(input).length === 0);
      sink.call(`block ${index}`, { name: block["name"], arguments: empty ? undefined : input });
    }
  }

  #delta(delta: JsonObject, index: unknown, sink: AnswerSink): void {
    sink.text(delta["text"]);
    sink.reasoning(delta["thinking"]);
    if (this.#calls.has(index)) sink.call(`block ${index}`, { arguments: delta["partial_json"] });
  }

  /** What was read from a cache, or written to it, is part of the prompt. */
  #usage(given: unknown, sink: AnswerSink): void {
    const usage = objectOf(given);
    const parts = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"].map(
      (name) => usage[name] ?? 0,
    );
    if (typeof usage["input_tokens"] === "number") {
      const sum = parts.every((part) => typeof part === "number") ? parts.reduce((a, b) => a + b, 0) : Number.NaN;
      if (sum !== 0) this.#prompt = sum;
    }
    sink.usage(this.#prompt, usage["output_tokens"]);
  }

  #stop(holder: JsonObject, sink: AnswerSink): void {
    const details = objectOf(holder["stop_details"]);
    sink.finish(holder["stop_reason"], details["explanation"] ?? details["category"]);
  }
}
