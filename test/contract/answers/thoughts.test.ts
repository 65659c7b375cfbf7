import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cases, send } from "./answers-kit.ts";
import { answerOf, bodyOf, interfaces } from "./interfaces.ts";

let cases: Cases;
beforeAll(async () => {
  cases = await Cases.start();
});
afterAll(() => cases[Symbol.asyncDispose]());

interface Shape {
  readonly text: string;
  readonly said: string;
  readonly thought?: string;
  readonly ran?: readonly string[];
}

const fence = "```python\nprint(1)\n```\n";
/** Texts with thoughts in them. What is said is what a reader sees in the end, code left out. */
const shapes: Readonly<Record<string, Shape>> = {
  "a thought first": { text: "<think>Hm.</think>\n\nYes.", said: "Yes.", thought: "Hm." },
  "the longer name": { text: "<thinking>Hm.</thinking>Yes.", said: "Yes.", thought: "Hm." },
  "other case and blanks": { text: "<THINK >Hm.</Think >Yes.", said: "Yes.", thought: "Hm." },
  "one that is closed alone": { text: "Hm.\n</think>\nYes.", said: "Yes.", thought: "Hm.\n" },
  "code before a tag that is closed alone": { text: `${fence}</think>Yes.`, said: "Yes.", thought: fence },
  "a block begun in a thought that is closed alone": {
    text: "Hm.\n```python\nrm()\n</think>\nYes.",
    said: "Yes.",
    thought: "Hm.\n```python\nrm()\n",
  },
  "code within": { text: `<think>Try\n${fence}</think>Yes.`, said: "Yes.", thought: `Try\n${fence}` },
  "code after": { text: `<think>Hm.</think>\n${fence}`, said: "Done.", thought: "Hm.", ran: ["print(1)\n"] },
  "a program without fences after": {
    text: "<think>Hm.</think>\nprint(1)",
    said: "Done.",
    thought: "Hm.",
    ran: ["print(1)"],
  },
  "two of them": { text: "<think>A</think>One.<think>B</think> Two.", said: "One.Two.", thought: "AB" },
  "an empty one": { text: "<think>\n\n</think>\n\nYes.", said: "Yes." },
  "a program about it": {
    text: '```python\nprint("<think>no</think>")\n```\n',
    said: "Done.",
    ran: ['print("<think>no</think>")\n'],
  },
  "a line of a program": { text: "```python\n<think>\n```\n", said: "Done.", ran: ["<think>\n"] },
  "a program without fences about it": {
    text: 'print("<think>no</think>")',
    said: "Done.",
    ran: ['print("<think>no</think>")'],
  },
  "a span of code": { text: "The `<think>` and `</think>` tags.", said: "The `<think>` and `</think>` tags." },
  "a tag in quotes": { text: 'It writes "<think>" first.', said: 'It writes "<think>" first.' },
  "less-than signs": { text: "1 <2, <t> and <thin air", said: "1 <2, <t> and <thin air" },
};

describe.each(interfaces.map((each) => [each.name, each] as const))("thoughts over %s", (_name, each) => {
  const rows = Object.entries(shapes).flatMap(([name, shape]) =>
    [shape.text.length, 1, 3].map((size) => [name, size, shape] as const),
  );

  it.each(rows)("should be told from words: %s, cut every %i", async (_what, size, shape) => {
    const pieces = shape.text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
    const answer = answerOf(
      each,
      pieces.map((text) => ({ text })),
      "stop",
    );
    const result = await cases.loop(each, send(each, answer), send(each, answerOf(each, [{ text: "Done." }], "stop")));
    expect(result.ran).toEqual(shape.ran ?? []);
    expect({ said: result.text, thought: result.thoughts }).toEqual({ said: shape.said, thought: thoughtOf(shape) });
    expect(result.status).toBe("ok");
    if (shape.ran) expect(result.bodies[1]).not.toContain("Hm.");
  });

  it.each(["<think>Hm.", "Hm. <think>", "<think>Hm.</think>", "<thinking>\nprint(1)\n```python\nprint(1)\n```"])(
    "should be no answer alone: %j",
    async (text) => {
      const result = await cases.loop(each, send(each, answerOf(each, [{ text }], "stop")));
      const said = text.startsWith("Hm.");
      expect(result).toMatchObject({ ran: [], status: said ? "ok" : "failed" });
      expect(result.errors).toEqual(said ? [] : ["SLUICE_MODEL_EMPTY"]);
    },
  );

  it("should be told from words where the interface has a place of its own for them", async () => {
    const answer = answerOf(each, [{ thought: "Hm." }, { text: "Yes." }], "stop");
    expect(await cases.loop(each, send(each, answer))).toMatchObject({ text: "Yes.", thoughts: "Hm." });
    const silent = bodyOf(each, [...each.begin([{ thought: "Hm." }]), ...each.end("length", each.usage(7, 5))]);
    expect(await cases.loop(each, send(each, silent))).toMatchObject({ errors: ["SLUICE_MODEL_EMPTY"] });
  });
});

/** What of a thought is told: blanks before its first word are left out. */
function thoughtOf({ thought = "" }: Shape): string {
  return thought;
}
