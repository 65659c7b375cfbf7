import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cases, send } from "./answers-kit.ts";
import { answerOf, type Interface, interfaces } from "./interfaces.ts";

let cases: Cases;
beforeAll(async () => {
  cases = await Cases.start();
});
afterAll(() => cases[Symbol.asyncDispose]());

const [, responses, messages, google, ollama] = interfaces as [Interface, Interface, Interface, Interface, Interface];
const sse = (...values: readonly unknown[]) =>
  values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`).join("");
const lines = (...values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join("");

const object = { language: "python", code: "print(1)" };
const other = { language: "python", code: "print(2)" };
const written = JSON.stringify(object);
const yes = { text: "Yes" };
const one = { ran: ["print(1)"] };
const two = { ran: ["print(1)", "print(2)"] };
const failed = (code: string, words = "") => ({ errors: [code], messages: [expect.stringContaining(words)] });

const ended = (...output: readonly unknown[]) => {
  return {
    type: "response.completed",
    response: { status: "completed", output, usage: { input_tokens: 3, output_tokens: 2 } },
  };
};
const delta = (text: string, more: object = {}) => ({ type: "response.output_text.delta", delta: text, ...more });
const numbered = { output_index: 0, content_index: 0 };
const message = { type: "message", content: [{ type: "output_text", text: "Yes" }] };
const item = { type: "function_call", name: "execute", call_id: "c", arguments: written };
const added = { type: "response.output_item.added", output_index: 0, item: { ...item, arguments: "" } };
const piece = { type: "response.function_call_arguments.delta", output_index: 0, delta: written };
const ready = { type: "response.function_call_arguments.done", output_index: 0, arguments: written };
const itemDone = { type: "response.output_item.done", output_index: 0, item };
const unnumbered = ({ output_index: _, ...event }: { readonly output_index: number }) => event;

const begin = { type: "message_start", message: { usage: { input_tokens: 7, output_tokens: 1 } } };
const block = (content_block: object, index = 0) => ({ type: "content_block_start", index, content_block });
const part = (change: object, index = 0) => ({ type: "content_block_delta", index, delta: change });
const says = (text: string) => part({ type: "text_delta", text });
const stopped = (stop_reason: string | null) => ({
  type: "message_delta",
  delta: { stop_reason },
  usage: { output_tokens: 5 },
});
const over = { type: "message_stop" };

const content = (parts: readonly object[], finishReason?: string, more: object = {}) => {
  return { candidates: [{ content: { parts, role: "model" }, ...(finishReason ? { finishReason } : {}), ...more }] };
};
const called = (call: object) => lines({ message: { content: "", tool_calls: [call] }, done: false });
const end = lines({ done: true, done_reason: "stop" });

type Row = readonly [what: string, each: Interface, body: string, wanted: object];
/** Streams of the four other interfaces as servers send them. */
const rows: readonly Row[] = [
  ["nothing but its end", responses, sse(ended(message)), yes],
  ["the text when it is done", responses, sse({ type: "response.output_text.done", text: "Yes" }, ended()), yes],
  [
    "the text three times",
    responses,
    sse(delta("Yes", numbered), { type: "response.output_text.done", ...numbered, text: "Yes" }, ended(message)),
    yes,
  ],
  ["the text twice without numbers", responses, sse(delta("Ye"), delta("s"), ended(message)), yes],
  ["a call in its item alone", responses, sse(itemDone, ended()), one],
  ["a call in its end alone", responses, sse(ended(item)), one],
  ["a call in all its events", responses, sse(added, piece, ready, itemDone, ended(item)), one],
  ["a call whose arguments come when they are done", responses, sse(added, ready, ended()), one],
  ["a call without numbers", responses, sse(unnumbered(added), unnumbered(piece), unnumbered(ready), ended(item)), one],
  [
    "thoughts",
    responses,
    sse({ type: "response.reasoning_text.delta", delta: "Hm" }, delta("Yes"), ended()),
    { ...yes, thoughts: "Hm" },
  ],
  [
    "news of its progress",
    responses,
    sse({ type: "response.created", response: { status: "queued" } }, delta("Yes"), ended()),
    yes,
  ],
  ["no end but [DONE]", responses, sse(delta("Yes"), "[DONE]"), yes],
  [
    "an error",
    responses,
    sse({ type: "error", code: "server_error", message: "Boom" }),
    failed("SLUICE_MODEL_OVERLOADED", "Boom"),
  ],
  [
    "another interface",
    responses,
    sse({ choices: [{ index: 0, delta: { content: "Yes" } }] }),
    failed("SLUICE_MODEL_MALFORMED", "Chat"),
  ],
  [
    "a text in a block's start",
    messages,
    sse(begin, block({ type: "text", text: "Ye" }), says("s"), stopped("end_turn"), over),
    yes,
  ],
  [
    "arguments in a block's start",
    messages,
    sse(begin, block({ type: "tool_use", id: "t", name: "execute", input: object }), stopped("tool_use"), over),
    one,
  ],
  [
    "arguments that begin empty",
    messages,
    sse(
      begin,
      block({ type: "tool_use", id: "t", name: "execute", input: {} }),
      part({ type: "input_json_delta", partial_json: "" }),
      part({ type: "input_json_delta", partial_json: written }),
      stopped("tool_use"),
      over,
    ),
    one,
  ],
  ["no reason for its end", messages, sse(begin, says("Yes"), stopped(null), over), yes],
  ["no end but the last event", messages, sse(begin, says("Yes"), over), yes],
  [
    "blocks that nobody reads",
    messages,
    sse(
      begin,
      block({ type: "redacted_thinking", data: "x" }),
      part({ type: "signature_delta", signature: "x" }),
      block({ type: "server_tool_use", id: "s", name: "web_search", input: {} }, 1),
      says("Yes"),
      stopped("end_turn"),
      over,
    ),
    yes,
  ],
  [
    "an end for want of context",
    messages,
    sse(begin, says("```python\nprint(1)"), stopped("model_context_window_exceeded"), over),
    failed("SLUICE_MODEL_CUT"),
  ],
  [
    "all at once",
    messages,
    JSON.stringify({ type: "message", content: [{ type: "text", text: "Yes" }], stop_reason: "end_turn" }),
    yes,
  ],
  [
    "a text in place of blocks",
    messages,
    JSON.stringify({ type: "message", content: "Yes", stop_reason: "end_turn" }),
    yes,
  ],
  ["an end in each piece", google, sse(content([{ text: "Ye" }], "STOP"), content([{ text: "s" }], "STOP")), yes],
  [
    "a list over several lines",
    google,
    `[${JSON.stringify(content([{ text: "Ye" }]))},\n${JSON.stringify(content([{ text: "s" }], "STOP"))}]`,
    yes,
  ],
  [
    "a second candidate beside it",
    google,
    sse({
      candidates: [
        ...content([{ text: "Yes" }], "STOP").candidates,
        { index: 1, content: { parts: [{ text: "No" }] } },
      ],
    }),
    yes,
  ],
  [
    "a second candidate by itself",
    google,
    sse(content([{ text: "Yes" }]), content([{ text: "No" }], "STOP", { index: 1 }), content([], "STOP")),
    yes,
  ],
  ["arguments as a text", google, sse(content([{ functionCall: { name: "execute", args: written } }], "STOP")), one],
  [
    "two calls in one piece",
    google,
    sse(
      content(
        [{ functionCall: { name: "execute", args: object } }, { functionCall: { name: "execute", args: other } }],
        "STOP",
      ),
    ),
    two,
  ],
  [
    "parts that nobody reads",
    google,
    sse(
      content(
        [
          { inlineData: { mimeType: "image/png", data: "AAAA" } },
          { codeExecutionResult: { output: "1" } },
          { text: "Yes" },
        ],
        "STOP",
      ),
    ),
    yes,
  ],
  [
    "a thought",
    google,
    sse(content([{ text: "Hm", thought: true }, { text: "Yes" }], "STOP")),
    { ...yes, thoughts: "Hm" },
  ],
  [
    "no words for want of tokens",
    google,
    sse({ candidates: [{ finishReason: "MAX_TOKENS" }] }),
    failed("SLUICE_MODEL_EMPTY", "MAX_TOKENS"),
  ],
  [
    "code and then a filter",
    google,
    sse(content([{ text: "```python\nprint(1)\n" }]), content([], "SAFETY")),
    failed("SLUICE_MODEL_CUT"),
  ],
  ["an end without a message", ollama, lines({ message: { content: "Yes" }, done: false }, { done: true }), yes],
  [
    "thoughts of its own",
    ollama,
    lines(
      { message: { content: "", thinking: "Hm" }, done: false },
      { message: { content: "Yes" }, done: true, done_reason: "stop" },
    ),
    { ...yes, thoughts: "Hm" },
  ],
  ["arguments as a text", ollama, called({ function: { name: "execute", arguments: written } }) + end, one],
  [
    "calls in two lines",
    ollama,
    called({ function: { name: "execute", arguments: object } }) +
      called({ function: { name: "execute", arguments: other } }) +
      end,
    two,
  ],
  [
    "an error in the middle",
    ollama,
    lines({ message: { content: "Ye" }, done: false }, { error: "the model runner stopped" }),
    failed("SLUICE_MODEL_OVERLOADED", "runner stopped"),
  ],
  [
    "a line that is cut",
    ollama,
    `${lines({ message: { content: "Yes" }, done: false })}{"message":{"content":"`,
    failed("SLUICE_MODEL_INCOMPLETE"),
  ],
  [
    "an open fence at its longest",
    ollama,
    lines({ message: { content: "```python\nprint(1)" }, done: false }, { done: true, done_reason: "length" }),
    failed("SLUICE_MODEL_CUT"),
  ],
];

describe("a stream of another interface", () => {
  it.each(rows.map(([what, each, body, wanted]) => [what, each.name, each, body, wanted] as const))(
    "should be read with %s, over %s",
    async (_what, _name, each, body, wanted) => {
      const done = send(each, answerOf(each, [{ text: "Done." }], "stop"));
      const result = await cases.loop(each, send(each, body), done);
      const { text, thoughts = "", ran = [], errors = [], messages: told } = wanted as Partial<typeof result>;
      expect({ ran: result.ran, errors: result.errors }).toEqual({ ran, errors });
      if (told !== undefined) expect(result.messages).toEqual(told);
      if (text !== undefined) expect({ text: result.text, thoughts: result.thoughts }).toEqual({ text, thoughts });
    },
  );
});
