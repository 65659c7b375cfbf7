import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cases, type Respond, send } from "./answers-kit.ts";
import { answerOf, bodyOf, type Interface, interfaces, type Part } from "./interfaces.ts";

let cases: Cases;
beforeAll(async () => {
  cases = await Cases.start();
});
afterAll(() => cases[Symbol.asyncDispose]());

const yes: readonly Part[] = [{ text: "Yes, 世界 😀." }];

/** Forms of one answer that all mean the same. */
const forms: Readonly<Record<string, (each: Interface) => Respond>> = {
  "as usual": (each) => send(each, answerOf(each, yes, "stop")),
  "under another type": (each) => send(each, answerOf(each, yes, "stop"), "text/plain"),
  "a whole answer": (each) => send(each, JSON.stringify(each.whole(yes, "stop")), "application/json"),
  "a whole answer over several lines": (each) => send(each, JSON.stringify(each.whole(yes, "stop"), undefined, 2)),
  "lines of JSON": (each) => send(each, bodyOf({ ...each, lines: true }, eventsOf(each))),
  "a list of events": (each) => send(each, JSON.stringify(eventsOf(each))),
  "server-sent events": (each) => send(each, bodyOf({ ...each, lines: false }, eventsOf(each))),
  "no empty lines": (each) => send(each, sse(each).replaceAll("\n\n", "\n")),
  "carriage returns": (each) => send(each, sse(each).replaceAll("\n", "\r\n")),
  "a byte order mark": (each) => send(each, `\ufeff${answerOf(each, yes, "stop")}`),
  "comments and other fields": (each) =>
    send(each, `: hello\nretry: 5\nid: 1\n\n${sse(each).replaceAll("\n\n", "\n: ping\n\n")}`),
  "no line break at its end": (each) => send(each, answerOf(each, yes, "stop").trimEnd()),
  "events that nobody knows": (each) => {
    const odd = [each.unknown, {}, { type: "ping" }, { usage: null }, { choices: null }, { candidates: [] }];
    const [first, ...rest] = eventsOf(each);
    return send(each, bodyOf(each, [...odd, first, ...odd, ...rest]));
  },
  "types that nobody reads": (each) =>
    send(
      each,
      bodyOf(
        each,
        eventsOf(each).map((event) => ({ id: 5, created: "now", model: null, index: "0", ...event })),
      ),
    ),
  "a byte at a time": (each) => async (response) => {
    response.writeHead(200);
    for (const byte of Buffer.from(answerOf(each, yes, "stop"))) {
      await new Promise<void>((resolve) => response.write(Buffer.of(byte), () => resolve()));
    }
    response.end();
  },
  "a socket that is cut after its end": (each) => (response) => {
    response.writeHead(200).write(answerOf(each, yes, "stop"), () => response.destroy());
  },
  "an error after its end": (each) => send(each, `${answerOf(each, yes, "stop")}${failing(each)}`),
  "a socket that stays open": (each) => (response) => void response.writeHead(200).write(answerOf(each, yes, "stop")),
};

describe.each(interfaces.map((each) => [each.name, each] as const))("a stream over %s", (_name, each) => {
  it.each(Object.entries(forms))("should be read as %s", async (_form, make) => {
    const result = await cases.loop(each, make(each));
    expect(result.errors).toEqual([]);
    expect(result.text).toBe("Yes, 世界 😀.");
    expect(result.status).toBe("ok");
  });

  it.each([
    ["missing", undefined, undefined],
    ["null", null, null],
    ["negative", -7, -5],
    ["a fraction", 7.5, 5.5],
    ["a text", "7", "5"],
    ["a list", [7], [5]],
    ["zeros", 0, 0],
    ["too large", 1e300, 5],
    ["half there", 7, undefined],
    ["half negative", 7, -1],
  ])("should have usage estimated where it is %s", async (_what, input, output) => {
    const end = each.end("stop", each.usage(input, output));
    const result = await cases.loop(each, send(each, bodyOf(each, [...each.begin(yes), ...end])));
    expect(result.text).toBe("Yes, 世界 😀.");
    const { inputTokens = -1, outputTokens = -1 } = result.usage ?? {};
    for (const count of [inputTokens, outputTokens]) expect(Number.isSafeInteger(count) && count > 0).toBe(true);
    // Anthropic tells a count at the beginning, which stands where the end tells none.
    if (each.name !== "messages") expect(result.usage).toMatchObject({ estimated: true });
  });

  it.each([
    ["nothing", () => ""],
    ["blanks", () => "\n \n"],
    ["an end alone", () => answerOf(each, [], "stop")],
    ["an empty text", () => answerOf(each, [{ text: "" }], "stop")],
    ["blank text", () => answerOf(each, [{ text: " \n" }], "stop")],
    ["thoughts alone", () => answerOf(each, [{ thought: "Hm." }], "length")],
    ["a filter's word", () => answerOf(each, [], "filter")],
    ["a half", () => bodyOf(each, each.begin(yes), false)],
    ["an error", () => failing(each)],
    ["an error after words", () => bodyOf(each, each.begin(yes), false) + failing(each)],
    ["a page", () => "<html><title>Sign in</title></html>"],
    ["words", () => "upstream connect error"],
    ["an object that is no answer", () => '{"message":"no such route"}'],
    ["a broken event", () => (each.lines ? "{oops\n" : "data: {oops\n\n")],
  ])("should let a fallback answer where it holds %s", async (_what, body) => {
    const result = await fallback(each, send(each, body()));
    expect(result).toMatchObject({ text: "Spare.", status: "ok" });
    expect(result.codes).toHaveLength(1);
    expect(result.codes[0]).toMatch(/^SLUICE_MODEL_/);
  });
});

/** Refusals in each interface's own words, and what of them has to be told. */
const refusals: readonly (readonly [string, number, unknown, string])[] = [
  ["a refusal", 0, { choices: [{ delta: { refusal: "I will not." }, finish_reason: "stop" }] }, "I will not."],
  ["a filter", 0, { choices: [{ delta: {}, finish_reason: "content_filter" }] }, "content_filter"],
  ["a provider's failure", 0, { choices: [{ delta: {}, finish_reason: "error", error: { message: "Boom" } }] }, "Boom"],
  ["a refusal", 1, { type: "response.refusal.delta", delta: "I will not." }, "I will not."],
  ["a failure", 1, { type: "response.failed", response: { error: { code: "server_error", message: "Boom" } } }, "Boom"],
  ["a refusal", 2, { type: "message_delta", delta: { stop_reason: "refusal" } }, "refusal"],
  ["an overload", 2, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }, "Overloaded"],
  ["a blocked prompt", 3, { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }, "PROHIBITED_CONTENT"],
  ["a blocked answer", 3, { candidates: [{ finishReason: "SAFETY" }] }, "SAFETY"],
  ["a recitation", 3, { candidates: [{ finishReason: "RECITATION" }] }, "RECITATION"],
  [
    "a malformed call",
    3,
    { candidates: [{ finishReason: "MALFORMED_FUNCTION_CALL", finishMessage: "Malformed: print(" }] },
    "Malformed: print(",
  ],
  ["a load", 4, { message: { content: "" }, done: true, done_reason: "load" }, "load"],
  ["an error", 4, { error: "model runner has unexpectedly stopped" }, "unexpectedly stopped"],
];

describe("a refusal", () => {
  it.each(refusals)("should be told with its reason: %s over interface %i", async (_what, index, event, words) => {
    const each = interfaces[index] as Interface;
    const body = bodyOf(each, [event, ...each.end("stop", each.usage(7, 5)).slice(index === 1 ? 0 : 9)]);
    const result = await fallback(each, send(each, body));
    expect(result).toMatchObject({ text: "Spare.", status: "ok" });
    expect(result.message).toContain(words);
    const alone = await cases.loop(each, send(each, body));
    expect(alone.status).toBe("failed");
  });
});

async function fallback(each: Interface, first: Respond) {
  const result = await cases.fallback(each, first, send(each, answerOf(each, [{ text: "Spare." }], "stop")));
  return { ...result, codes: result.errors, message: result.messages[0] };
}

function eventsOf(each: Interface): readonly Readonly<Record<string, unknown>>[] {
  return [...each.begin(yes), ...each.end("stop", each.usage(7, 5))];
}

function sse(each: Interface): string {
  return bodyOf({ ...each, lines: false }, eventsOf(each));
}

function failing(each: Interface): string {
  return bodyOf(each, [{ type: "error", error: { type: "server_error", message: "Boom" } }], false);
}
