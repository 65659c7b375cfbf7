import { isJsonObject } from "../../untrusted/index.ts";
import type { AnswerFormat, AnswerSink } from "./format.ts";
import { type JsonObject, objectOf, objectsOf, textOf } from "./json.ts";

/** OpenAI's Chat Completions, and what those who follow it make of it: streams of chunks, or a whole answer. */
export const chatFormat: AnswerFormat = () => {
  // Whoever numbers otherwise is read by the number that came first; one answer is asked for, and a second is not mixed in.
  let number: unknown;
  return (value, sink) => {
    const choices = objectsOf(value["choices"]);
    const wanted = number ?? 0;
    const choice =
      choices.find(({ index }) => (index ?? wanted) === wanted) ?? (number === undefined ? choices[0] : undefined);
    if (choice) {
      number ??= choice["index"] ?? 0;
      readChoice(choice, sink);
    }
    readUsage(value, choice, sink);
  };
};

function readUsage(value: JsonObject, choice: JsonObject | undefined, sink: AnswerSink): void {
  // Moonshot tells the usage in the choice, Groq beside it.
  const usage = [value["usage"], choice?.["usage"], objectOf(value["x_groq"])["usage"]].find(isJsonObject);
  if (usage) sink.usage(usage["prompt_tokens"], usage["completion_tokens"]);
}

function readChoice(choice: JsonObject, sink: AnswerSink): void {
  const delta = [choice["delta"], choice["message"]].find(isJsonObject) ?? {};
  if (isJsonObject(choice["error"])) sink.fail(choice["error"]);
  sink.reasoning(textOf(delta["reasoning_content"]) || delta["reasoning"]);
  readContent(delta["content"] ?? choice["text"], sink);
  sink.refusal(delta["refusal"]);
  const calls = objectsOf(delta["tool_calls"]);
  for (const call of calls) readCall(call, sink);
  // What calls were named before there were several of them.
  if (isJsonObject(delta["function_call"]) && calls.length === 0) sink.call("function_call", delta["function_call"]);
  sink.finish(choice["finish_reason"]);
}

/** A text, or a list of parts, as Mistral gives thoughts out. */
function readContent(content: unknown, sink: AnswerSink): void {
  if (typeof content === "string") {
    sink.text(content);
    return;
  }
  for (const part of objectsOf(content)) {
    if (part["type"] === "thinking") {
      for (const thought of objectsOf(part["thinking"])) sink.reasoning(thought["text"]);
      sink.reasoning(part["thinking"]);
    } else if (part["type"] === "refusal") sink.refusal(part["refusal"]);
    else sink.text(part["text"]);
  }
}

function readCall(call: JsonObject, sink: AnswerSink): void {
  const { index, id } = call;
  const key = typeof index === "number" ? index : textOf(id) || undefined;
  const called = [call["function"], call["custom"]].find(isJsonObject) ?? call;
  sink.call(key, { name: called["name"], arguments: called["arguments"] ?? called["input"] });
}
