import {
  type AnswerFormat,
  type AnswerSink,
  isJsonObject,
  type JsonObject,
  objectOf,
  objectsOf,
} from "../../core/kit/index.ts";

/** Gemini's `generateContent`: pieces of an answer, in a stream or a list, or all in one. */
export const contentFormat: AnswerFormat = () => {
  let calls = 0;
  return (value, sink) => {
    // One answer is asked for; a second one is not mixed in.
    const candidate = objectsOf(value["candidates"]).find(({ index }) => (index ?? 0) === 0);
    const feedback = objectOf(value["promptFeedback"]);
    if (feedback["blockReason"]) {
      sink.refusal(`the prompt was blocked (${feedback["blockReason"]}) ${feedback["blockReasonMessage"] ?? ""}`);
      sink.finish("refusal");
    }
    for (const part of objectsOf(objectOf(candidate?.["content"])["parts"])) {
      calls = readPart(part, calls, sink);
    }
    if (isJsonObject(value["usageMetadata"])) readUsage(value["usageMetadata"], sink);
    if (candidate) sink.finish(candidate["finishReason"], candidate["finishMessage"]);
  };
};

function readPart(part: JsonObject, calls: number, sink: AnswerSink): number {
  const called = part["functionCall"];
  if (part["thought"] === true) sink.reasoning(part["text"]);
  else sink.text(part["text"]);
  if (!isJsonObject(called)) return calls;
  sink.call(calls, { name: called["name"], arguments: called["args"] });
  return calls + 1;
}

/** Thoughts are paid for as the answer is. */
function readUsage(usage: JsonObject, sink: AnswerSink): void {
  const answer = usage["candidatesTokenCount"];
  const thoughts = usage["thoughtsTokenCount"] ?? 0;
  const whole = typeof answer === "number" && typeof thoughts === "number" ? answer + thoughts : undefined;
  sink.usage(usage["promptTokenCount"], whole ?? answer);
}
