import { describe, expect, it } from "vitest";
import type { Emission } from "../../../core/contract/event.ts";
import { ConversationFold, emptyConversation, settle } from "../../../core/flow/fold.ts";
import { foldedOf } from "./folded.ts";

const at = (source: string, events: readonly Partial<Emission>[], branch?: string): Emission[] =>
  events.map((event) => ({ source, ...(branch === undefined ? {} : { branch }), ...event }) as Emission);

const answer = (text: string): Partial<Emission>[] => [
  { type: "model-start", data: { model: "m" } },
  { type: "text-delta", data: { text } },
  { type: "model-end", data: { reason: "stop", usage: { inputTokens: 1, outputTokens: 1 } } },
];

describe("fold", () => {
  it("should keep code apart and the text as it was streamed, fences included", () => {
    const { messages } = foldedOf(
      at("gpt", [
        { type: "model-start", data: { model: "m" } },
        { type: "text-delta", data: { text: "See:" } },
        { type: "code-start", data: { language: "python" } },
        { type: "code-delta", data: { text: "print(" } },
        { type: "code-delta", data: { text: "1)" } },
        { type: "code-end", data: {} },
      ]),
    );
    expect(messages).toMatchObject([
      {
        role: "model",
        text: "See:\n```python\nprint(1)\n```\n",
        code: [{ language: "python", code: "print(1)" }],
        complete: false,
      },
    ]);
  });

  it("should void on rewind what came since, in its branch and below alone", () => {
    const events = [
      ...at("a", answer("void"), "0"),
      ...at("b", answer("stays"), "1"),
      ...at("c", answer("void too"), "0.1"),
      ...at("core", [{ type: "rewind", data: { from: 1, reason: "failed" } }], "0"),
    ];
    expect(foldedOf(events).messages.map((message) => message.role === "model" && message.text)).toEqual(["stays"]);
  });

  it("should cut long output in the middle and keep it bounded however much comes", () => {
    const piece = (text: string): Partial<Emission> => ({ type: "exec-stdout", data: { text, offset: 0 } });
    const start: Partial<Emission> = { type: "exec-start", data: { language: "python", code: "" } };
    const pieces = Array.from({ length: 50 }, (_, index) => piece(`${index}`.repeat(4_000)));
    const [message] = foldedOf(at("box", [start, piece("first line\n"), ...pieces, piece("last line")])).messages;
    if (message?.role !== "execution") throw new Error("no execution");
    expect(message.stdout.length).toBeLessThan(17_000);
    expect(message.stdout).toMatch(/^first line\n/);
    expect(message.stdout).toMatch(/output cut here[\s\S]*last line$/);
    expect(message.stdout.match(/output cut here/g)).toHaveLength(1);
  });

  it("should settle to the latest messages, with nothing left to rewind", () => {
    const long = foldedOf(Array.from({ length: 500 }, (_, index) => at("gpt", answer(`${index}`))).flat());
    const { messages } = settle(long);
    expect(messages).toHaveLength(400);
    expect(messages.at(-1)).toMatchObject({ text: "499", at: 0 });
  });

  it("should keep the first and the latest results of a program that shows many, and say how many lie between", () => {
    const start: Partial<Emission> = { type: "exec-start", data: { language: "python", code: "" } };
    const results = Array.from(
      { length: 1_000 },
      (_, index): Partial<Emission> => ({ type: "exec-result", data: { data: { "text/plain": `${index}` } } }),
    );
    const [message] = foldedOf(at("box", [start, ...results])).messages;
    if (message?.role !== "execution") throw new Error("no execution");
    expect(message.results).toHaveLength(101);
    expect(message.results.slice(49, 52)).toEqual(["49", "[... 900 results cut here ...]", "950"]);
    expect(message.results.at(-1)).toBe("999");
  });

  const floods: Readonly<Record<string, readonly Partial<Emission>[]>> = {
    results: [{ type: "exec-result", data: { data: { "text/plain": "x" } } }],
    "large results": [{ type: "exec-result", data: { data: { "text/plain": "x".repeat(20_000) } } }],
    output: [{ type: "exec-stdout", data: { text: "x", offset: 0 } }],
    "blocks of code": [
      { type: "code-start", data: { language: "python" } },
      { type: "code-delta", data: { text: "pass" } },
      { type: "code-end", data: {} },
    ],
    answers: answer("x"),
    executions: [{ type: "exec-start", data: { language: "python", code: "" } }],
    notes: [
      {
        type: "error",
        data: { code: "SLUICE_CODE_REFUSED", class: "invalid", message: "", cure: "", retryable: false },
      },
    ],
  };

  it.each(Object.keys(floods))("should cost the same for each event of a flood of %s", (kind) => {
    const begin: Partial<Emission>[] = [
      { type: "exec-start", data: { language: "python", code: "" } },
      { type: "model-start", data: { model: "m" } },
    ];
    const folding = new ConversationFold(emptyConversation);
    for (const event of at("box", begin)) folding.add(event, 1);
    const round = at("box", floods[kind] ?? []);
    const rounds = kind === "large results" ? 5_000 : 100_000;
    // A list that is copied for each event takes minutes here.
    for (let count = 0; count < rounds; count += 1) for (const event of round) folding.add(event, count);
    expect(folding.conversation.messages.length).toBeGreaterThan(0);
  });

  it("should give out conversations that later events do not change", () => {
    const folding = new ConversationFold(emptyConversation);
    const shots: string[] = [];
    const conversations = at("m", [...answer("one"), ...answer("two"), ...(floods["blocks of code"] ?? [])]).map(
      (event) => {
        folding.add(event, 1);
        shots.push(JSON.stringify(folding.conversation));
        return folding.conversation;
      },
    );
    expect(conversations.map((conversation) => JSON.stringify(conversation))).toEqual(shots);
  });
});
