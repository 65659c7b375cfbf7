import { describe, expect, it } from "vitest";
import type { Emission } from "../../../core/contract/event.ts";
import { emptyConversation, fold, settle } from "../../../core/flow/fold.ts";

const at = (source: string, events: readonly Partial<Emission>[], branch?: string): Emission[] =>
  events.map((event) => ({ source, ...(branch === undefined ? {} : { branch }), ...event }) as Emission);

const folded = (events: readonly Emission[]) =>
  events.reduce((conversation, event, index) => fold(conversation, event, index + 1), emptyConversation);

const answer = (text: string): Partial<Emission>[] => [
  { type: "model-start", data: { model: "m" } },
  { type: "text-delta", data: { text } },
  { type: "model-end", data: { reason: "stop", usage: { inputTokens: 1, outputTokens: 1 } } },
];

describe("fold", () => {
  it("should keep code apart and the text as it was streamed, fences included", () => {
    const { messages } = folded(
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
    expect(folded(events).messages.map((message) => message.role === "model" && message.text)).toEqual(["stays"]);
  });

  it("should cut long output in the middle and keep it bounded however much comes", () => {
    const piece = (text: string): Partial<Emission> => ({ type: "exec-stdout", data: { text, offset: 0 } });
    const start: Partial<Emission> = { type: "exec-start", data: { language: "python", code: "" } };
    const pieces = Array.from({ length: 50 }, (_, index) => piece(`${index}`.repeat(4_000)));
    const [message] = folded(at("box", [start, piece("first line\n"), ...pieces, piece("last line")])).messages;
    if (message?.role !== "execution") throw new Error("no execution");
    expect(message.stdout.length).toBeLessThan(17_000);
    expect(message.stdout).toMatch(/^first line\n/);
    expect(message.stdout).toMatch(/output cut here[\s\S]*last line$/);
    expect(message.stdout.match(/output cut here/g)).toHaveLength(1);
  });

  it("should settle to the latest messages, with nothing left to rewind", () => {
    const long = folded(Array.from({ length: 500 }, (_, index) => at("gpt", answer(`${index}`))).flat());
    const { messages } = settle(long);
    expect(messages).toHaveLength(400);
    expect(messages.at(-1)).toMatchObject({ text: "499", at: 0 });
  });
});
