import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cases, send } from "./answers-kit.ts";
import { answerOf, type Interface, interfaces } from "./interfaces.ts";

let cases: Cases;
beforeAll(async () => {
  cases = await Cases.start();
});
afterAll(() => cases[Symbol.asyncDispose]());

const [chat] = interfaces as [Interface, ...Interface[]];
const ending = send(chat, answerOf(chat, [{ text: "Done." }], "stop"));
const written = (code: string) => JSON.stringify({ language: "python", code });
const event = (value: unknown) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
const sse = (...values: readonly unknown[]) => values.map(event).join("");
const said = (delta: unknown, finish: unknown = null, index: unknown = 0) => ({
  choices: [{ index, delta, finish_reason: finish }],
});
const call = (...calls: readonly object[]) => said({ tool_calls: calls });
const named = (name: unknown, args: unknown, more: object = { index: 0, id: "a" }) => ({
  ...more,
  function: { name, arguments: args },
});
const pieces = (text: string) => text.match(/.{1,9}/g) ?? [];
const yes = said({ content: "Yes" });
const stop = said({}, "stop");
const called = said({}, "tool_calls");
const one = written("print(1)");

/** Streams of Chat Completions as servers send them, and what of them is said or run. */
const streams: readonly (readonly [string, string, object])[] = [
  [
    "no blank after data:",
    `data:${JSON.stringify(yes)}\n\ndata:${JSON.stringify(stop)}\n\ndata:[DONE]\n\n`,
    { text: "Yes" },
  ],
  ["a text in parts", sse(said({ content: [{ type: "text", text: "Yes" }] }), stop), { text: "Yes" }],
  [
    "a thought in parts",
    sse(said({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm" }] }] }), yes, stop),
    { text: "Yes", thoughts: "Hm" },
  ],
  [
    "thoughts under two names",
    sse(said({ reasoning: "Hm", reasoning_content: "Hm" }), yes, stop),
    { text: "Yes", thoughts: "Hm" },
  ],
  [
    "a message in place of a delta",
    sse({ choices: [{ message: { content: "Yes" }, finish_reason: "stop" }] }),
    { text: "Yes" },
  ],
  [
    "texts of completions",
    sse({ choices: [{ text: "Yes" }] }, { choices: [{ text: "", finish_reason: "stop" }] }),
    { text: "Yes" },
  ],
  ["an end in the same event", sse(said({ content: "Yes" }, "stop")), { text: "Yes" }],
  ["a finish that is empty each time", sse(said({ content: "Yes" }, ""), said({}, ""), stop), { text: "Yes" }],
  [
    "a second choice beside it",
    sse({ choices: [...yes.choices, { index: 1, delta: { content: "No" } }] }, stop),
    { text: "Yes" },
  ],
  ["a second choice by itself", sse(yes, said({ content: "No" }, null, 1), said({}, "stop", 1), stop), { text: "Yes" }],
  [
    "a choice with another number",
    sse(said({ content: "Y" }, null, 3), said({ content: "es" }, null, 3), said({}, "stop", 3)),
    { text: "Yes" },
  ],
  [
    "choices without numbers",
    sse({ choices: [{ delta: { content: "Yes" } }] }, { choices: [{ finish_reason: "stop" }] }),
    { text: "Yes" },
  ],
  [
    "words between the events",
    `data: : keepalive\n\ndata: ping\n\ndata: processing your request\n\n${sse(yes, stop)}`,
    { text: "Yes" },
  ],
  [
    "events with other names",
    `event: ping\ndata: ok\n\nevent: keep-alive\ndata: {}\n\n${sse(yes, stop)}`,
    { text: "Yes" },
  ],
  [
    "an error that is null or empty",
    sse({ error: null, ...yes }, { error: {}, choices: [] }, { error: false, ...stop }),
    { text: "Yes" },
  ],
  [
    "an event over two lines",
    `data: {"choices":[{"delta":\ndata: {"content":"Yes"}}]}\n\n${sse(stop)}`,
    { text: "Yes" },
  ],
  [
    "half a character in each of two",
    sse(said({ content: "Yes\ud83d" }), said({ content: "\ude00" }), stop),
    { text: "Yes😀" },
  ],
  ["half a character", sse(said({ content: "Yes\ud83d" }), stop), { text: "Yes\ufffd" }],
  ["an end that is told twice", sse(yes, stop, stop, "[DONE]", said({ content: "No" })), { text: "Yes" }],
  ["no end but [DONE]", sse(yes, "[DONE]"), { text: "Yes" }],
  [
    "calls without numbers",
    sse(call(named("execute", "", { id: "a" })), call({ function: { arguments: one } }), called),
    { ran: ["print(1)"] },
  ],
  ["a number that is null", sse(call(named("execute", one, { index: null, id: "a" })), called), { ran: ["print(1)"] }],
  [
    "name and id in each piece",
    sse(...pieces(one).map((piece) => call(named("execute", piece))), called),
    { ran: ["print(1)"] },
  ],
  [
    "names that are empty later",
    sse(
      call(named("execute", null)),
      ...pieces(one).map((piece) => call(named("", piece, { index: 0, id: "" }))),
      called,
    ),
    { ran: ["print(1)"] },
  ],
  ["a name in two pieces", sse(call(named("exe", "")), call(named("cute", one)), called), { ran: ["print(1)"] }],
  [
    "one number for two calls",
    sse(call(named("execute", one)), call(named("execute", written("print(2)"), { index: 0, id: "b" })), called),
    { ran: ["print(1)", "print(2)"] },
  ],
  [
    "two calls by turns",
    sse(
      call(named("execute", one.slice(0, 9)), named("execute", written("print(2)").slice(0, 9), { index: 1, id: "b" })),
      call(
        { index: 0, function: { arguments: one.slice(9) } },
        { index: 1, function: { arguments: written("print(2)").slice(9) } },
      ),
      called,
    ),
    { ran: ["print(1)", "print(2)"] },
  ],
  [
    "a call by its old name",
    sse(said({ function_call: { name: "execute", arguments: one } }), said({}, "function_call")),
    { ran: ["print(1)"] },
  ],
  ["a call that is not in a list", sse(said({ tool_calls: named("execute", one) }), called), { ran: ["print(1)"] }],
  [
    "a call without its wrapper",
    sse(call({ index: 0, name: "execute", arguments: one }), called),
    { ran: ["print(1)"] },
  ],
  [
    "calls that are null and empty",
    sse(said({ content: "Yes", tool_calls: null, function_call: null, refusal: null }), said({ tool_calls: [] }), stop),
    { text: "Yes" },
  ],
  ["a call without an end", sse(call(named("execute", one)), "[DONE]"), { ran: ["print(1)"] }],
  [
    "a call that broke off",
    sse(call(named("execute", one.slice(0, -4))), said({}, "length")),
    { ran: [], errors: ["SLUICE_MODEL_CUT"] },
  ],
  [
    "an open fence without an end",
    sse(said({ content: "```python\nprint(1)" }), "[DONE]"),
    { ran: [], errors: ["SLUICE_MODEL_CUT"] },
  ],
  [
    "words and no answer",
    "data: upstream is asleep\n\n",
    { errors: ["SLUICE_MODEL_MALFORMED"], messages: [expect.stringContaining("upstream is asleep")] },
  ],
  [
    "words after half an answer",
    `${sse(yes)}data: upstream went away\n\n`,
    { errors: ["SLUICE_MODEL_MALFORMED"], messages: [expect.stringContaining("upstream went away")] },
  ],
  [
    "an event that is named error",
    `${sse(yes)}event: error\ndata: {"message":"Boom"}\n\n`,
    { errors: ["SLUICE_MODEL_OVERLOADED"] },
  ],
];

describe("a stream of Chat Completions", () => {
  it.each(streams)("should be read with %s", async (_what, body, wanted) => {
    const result = await cases.loop(chat, send(chat, body), ending);
    const { text = "", thoughts = "", ran = [], errors = [], messages } = wanted as Partial<typeof result>;
    expect({ ran: result.ran, errors: result.errors }).toEqual({ ran, errors });
    if (messages !== undefined) expect(result.messages).toEqual(messages);
    if (text !== "") expect({ text: result.text, thoughts: result.thoughts }).toEqual({ text, thoughts });
  });
});

const fence = "```";
const print = `${fence}python\nprint(1)\n${fence}\n`;
/** Texts with a program in them. */
const programs: Readonly<Record<string, string>> = {
  "ends of lines of Windows": `Run:\r\n${fence}python\r\nprint(1)\r\n${fence}\r\nOk.`,
  "blanks behind the fence": `${fence}python\nprint(1)\n${fence}  \t\nOk.`,
  "a language in capitals": `${fence}Python\nprint(1)\n${fence}\n`,
  "a language that is a shell's name for it": `${fence}ipython3\nprint(1)\n${fence}\n`,
  "a fence within a list within a quote": `> 1. do\n>    ${fence}python\n>    print(1)\n>    ${fence}\nOk.`,
  "a sentence that was put into a block of its own": `${print}\n${fence}\nIt prints one.\n${fence}\n`,
  "its output in a block without a name": `${print}It prints:\n${fence}\n1\n${fence}\n`,
  "its output in a block that says so": `${print}\n${fence}tool_outputs\n1\n${fence}\n`,
  "a traceback in a block without a name": `${print}\n${fence}\nTraceback (most recent call last):\n  File "x"\n${fence}\n`,
  "a session of a shell beside it": `${print}\n${fence}bash\n$ ls -l\ntotal 0\n${fence}\n`,
  "a fence that begins again and holds nothing": `${print}\n${fence}python\n`,
  "a call of Llama's": `<function=execute>{"code":"print(1)"}</function>`,
  "a call of Llama's with its language": `<function=execute>\n{"language": "python", "code": "print(1)"}\n</function>`,
  "a call of Hermes' by another name": `<tool_call>\n{"name":"python","arguments":{"code":"print(1)"}}\n</tool_call>`,
  "a call of Hermes' without its end": `<tool_call>\n{"name":"execute","arguments":{"code":"print(1)"}}\n`,
  "a call of DeepSeek's": `<｜tool▁call▁begin｜>function<｜tool▁sep｜>execute\n${fence}json\n{"code":"print(1)"}\n${fence}<｜tool▁call▁end｜>`,
  "calls in a list in a fence": `${fence}json\n[{"name":"execute","arguments":{"code":"print(1)"}}]\n${fence}\n`,
};
/** Texts without any. */
const texts: Readonly<Record<string, string>> = {
  "a session of Python's": `${fence}python-repl\n>>> 1\n1\n${fence}\n`,
  "a session of a console": `${fence}console\n$ ls\na b\n${fence}\n`,
  "a command with its prompt": `Type this:\n${fence}sh\n$ pip install x\n${fence}\n`,
  "a difference": `${fence}diff\n- a\n+ b\n${fence}\n`,
  "a document with a program in it": `${fence}\`markdown\n# Doc\n${print}${fence}\`\n`,
  "a document whose fence is too short": `${fence}markdown\n# Doc\n${fence}python\nprint(1)\n${fence}\n${fence}\nOk.`,
  "a span of code": `Use ${fence}print(1)${fence} here.`,
  "a span of code with its language": `Use ${fence}python print(1)${fence} here.`,
  "indented code": "Run:\n\n    print(1)\n\nOk.",
  "numbers alone": `It gives\n${fence}\n3.14\n2.71\n${fence}\n`,
  "a call of another tool": `<function=search>{"q":"x"}</function>`,
};
/** Thoughts as models write them into their text; what is said besides is "Ok.". */
const thoughts: Readonly<Record<string, string>> = {
  thought: `<thought>Hm.\n${print}</thought>Ok.`,
  reasoning: `<Reasoning>Hm.\n${print}</Reasoning>\nOk.`,
  Mistral: `[THINK]Hm.\n${print}[/THINK]Ok.`,
  Moonshot: `◁think▷Hm.\n${print}◁/think▷Ok.`,
  Seed: `<seed:think>Hm.\n${print}</seed:think>Ok.`,
  "two names": `<think>Hm.\n${print}</thinking>Ok.`,
  "one within another": `<think>Hm.<think>\n${print}</think></think>Ok.`,
  attributes: `<think type="long">Hm.\n${print}</think>Ok.`,
};

/** The same text whole and letter by letter. */
const inPieces = (table: Readonly<Record<string, string>>) =>
  Object.entries(table).flatMap(([name, text]) => [
    [name, "whole", [text]] as const,
    [name, "by letters", [...text]] as const,
  ]);
const answered = (parts: readonly string[]) =>
  send(
    chat,
    answerOf(
      chat,
      parts.map((text) => ({ text })),
      "stop",
    ),
  );

describe("a text", () => {
  it.each(inPieces(programs))("should be a program once with %s (%s)", async (_what, _how, parts) => {
    const result = await cases.loop(chat, answered(parts), ending);
    expect(result.ran.map((code) => code.trim())).toEqual(["print(1)"]);
    expect(result.errors).toEqual([]);
  });

  it.each(inPieces(texts))("should be no program where it is %s (%s)", async (what, _how, parts) => {
    const result = await cases.loop(chat, answered(parts), ending);
    expect(result.ran).toEqual([]);
    expect(result.errors).toEqual(what === "a call of another tool" ? ["SLUICE_MODEL_CALL"] : []);
    expect(result.text.startsWith(parts.join(""))).toBe(true);
  });

  it.each(inPieces(thoughts))("should be thought and not run in the words of %s (%s)", async (_who, _how, parts) => {
    const result = await cases.loop(chat, answered(parts), ending);
    expect({ ran: result.ran, text: result.text }).toEqual({ ran: [], text: "Ok." });
    expect(result.thoughts).toContain("print(1)");
  });

  it.each([
    "[think] about it",
    "Its <reasoning> element holds why.",
    "a </thought> b",
    "Yes </reasoning>",
    "Is 1 <thou and 2> it?",
    "[THI",
    "a [/THIN] b",
    "◁thin",
    "<seed:thin",
  ])("should be said whole where a tag is none: %j", async (text) => {
    for (const parts of [[text], [...text]]) expect((await cases.loop(chat, answered(parts))).text).toBe(text);
  });
});
