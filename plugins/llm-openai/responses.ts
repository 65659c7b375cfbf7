import { SluiceError } from "../../core/contract/index.ts";
import {
  type AnswerFormat,
  type AnswerSink,
  isJsonObject,
  type JsonObject,
  objectOf,
  objectsOf,
  textOf,
} from "../../core/kit/index.ts";

/** OpenAI's Responses interface: a stream of named events, or the whole response. */
export const responsesFormat: AnswerFormat = () => {
  const reader = new ResponsesReader();
  return (value, sink) => reader.read(value, sink);
};

class ResponsesReader {
  /** Parts whose text came, or whose call came, piece by piece. */
  readonly #streamed = new Set<string>();

  read(event: JsonObject, sink: AnswerSink): void {
    switch (event["type"]) {
      case "response.output_text.delta":
        this.#streamed.add(partOf(event));
        sink.text(event["delta"]);
        return;
      case "response.output_text.done":
        if (!this.#came(partOf(event), partOf({}))) sink.text(event["text"]);
        this.#streamed.add(partOf(event));
        return;
      case "response.refusal.delta":
        sink.refusal(event["delta"]);
        return;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        sink.reasoning(event["delta"]);
        return;
      case "response.output_item.added":
        this.#call(event["item"], event["output_index"], sink, false);
        return;
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        this.#streamed.add(callOf(event["output_index"]));
        sink.call(callOf(event["output_index"]), { arguments: event["delta"] });
        return;
      case "response.function_call_arguments.done":
        if (!this.#came(callOf(event["output_index"]), callOf(undefined))) {
          this.#streamed.add(callOf(event["output_index"]));
          sink.call(callOf(event["output_index"]), { arguments: event["arguments"] });
        }
        return;
      case "response.output_item.done":
        this.#call(event["item"], event["output_index"], sink, true);
        return;
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
      case "response.done":
        this.#response(objectOf(event["response"]), sink);
        return;
      default:
        if (event["object"] === "response") this.#response(event, sink);
        else if (Array.isArray(event["choices"])) throw chatSpoken();
    }
  }

  #response(response: JsonObject, sink: AnswerSink): void {
    if (isJsonObject(response["error"])) sink.fail(response["error"]);
    if (response["status"] === "failed") sink.fail({ type: "server_error" });
    objectsOf(response["output"]).forEach((item, index) => {
      if (item["type"] === "message") this.#message(item, index, sink);
      else this.#call(item, index, sink, true);
    });
    const usage = objectOf(response["usage"]);
    sink.usage(usage["input_tokens"], usage["output_tokens"]);
    const why = textOf(objectOf(response["incomplete_details"])["reason"]);
    sink.finish(why || (response["status"] === "incomplete" ? "incomplete" : "completed"));
    sink.over();
  }

  /** A message of a whole response; what was streamed of it already is passed over. */
  #message(item: JsonObject, index: number, sink: AnswerSink): void {
    objectsOf(item["content"]).forEach((part, content) => {
      const streamed = this.#came(partOf({ output_index: index, content_index: content }), partOf({}));
      if (part["type"] === "refusal") sink.refusal(part["refusal"]);
      else if (!streamed) sink.text(part["text"]);
    });
  }

  /** Whether a part came already; servers that number none are taken to have sent all that they tell of in the end. */
  #came(key: string, unnumbered: string): boolean {
    return this.#streamed.has(key) || this.#streamed.has(unnumbered);
  }

  #call(given: unknown, index: unknown, sink: AnswerSink, whole: boolean): void {
    const item = objectOf(given);
    if (item["type"] !== "function_call" && item["type"] !== "custom_tool_call") return;
    const key = callOf(index);
    const streamed = this.#streamed.has(key);
    if (whole && !streamed && this.#streamed.has(callOf(undefined))) return;
    if (whole) this.#streamed.add(key);
    const { name } = item;
    sink.call(
      key,
      whole && !streamed ? { name, arguments: item["arguments"] ?? item["input"] } : streamed ? {} : { name },
    );
  }
}

function partOf(event: JsonObject): string {
  return `text ${event["output_index"]} ${event["content_index"]}`;
}

function callOf(index: unknown): string {
  return `call ${index}`;
}

function chatSpoken(): SluiceError {
  return new SluiceError(
    "SLUICE_MODEL_MALFORMED",
    "the provider answers with Chat Completions and not with Responses",
    {
      cure: "Set `api: chat`, or use the plugin llm-openai-compatible.",
      retryable: false,
    },
  );
}
