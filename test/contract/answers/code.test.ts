import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cases, send } from "./answers-kit.ts";
import { answerOf, type Finish, type Interface, interfaces, type Part } from "./interfaces.ts";

let cases: Cases;
beforeAll(async () => {
  cases = await Cases.start();
});
afterAll(() => cases[Symbol.asyncDispose]());

const done: readonly Part[] = [{ text: "Done." }];
const finishes: readonly Finish[] = ["stop", "tool", "length", "filter", "odd"];
const written = JSON.stringify({ language: "python", code: "print(1)" });

/** Answers with code, and whether it is whole where the answer was cut off. */
const programs: readonly (readonly [string, readonly Part[], boolean])[] = [
  ["a closed fence", [{ text: "Here:\n```python\nprint(1)\n```\n" }], true],
  ["an open fence", [{ text: "Here:\n```python\nprint(1)" }], false],
  ["a program without fences", [{ text: "import os\nprint(1)\n" }], false],
  ["a whole call", [{ call: "execute", arguments: written }], true],
];

/** Shapes of arguments, and the program that they are; undefined where they are none. */
const shapes: readonly (readonly [what: string, name: string, given: unknown, code?: string])[] = [
  ["as asked for", "execute", written, "print(1)"],
  ["an object", "execute", { language: "python", code: "print(1)" }, "print(1)"],
  ["encoded twice", "execute", JSON.stringify(written), "print(1)"],
  ["code first", "execute", '{"code": "print(1)", "language": "python"}', "print(1)"],
  ["without a language", "execute", '{"code": "print(1)"}', "print(1)"],
  ["a namespace", "functions.execute", written, "print(1)"],
  ["named by the language", "python", '{"code": "print(1)"}', "print(1)"],
  ["empty", "execute", ""],
  ["an empty object", "execute", "{}"],
  ["null", "execute", "null"],
  ["the program itself", "execute", "print(1)"],
  ["encoded three times", "execute", JSON.stringify(JSON.stringify(written))],
  ["a list", "execute", `[${written}]`],
  ["another key", "execute", '{"language": "python", "script": "print(1)"}'],
  ["one level too deep", "execute", `{"arguments": ${written}}`],
  ["code that is a list", "execute", '{"language": "python", "code": ["print(1)"]}'],
  ["code that is null", "execute", '{"language": "python", "code": null}'],
  ["code that is empty", "execute", '{"language": "python", "code": ""}'],
  ["a language that is a number", "execute", '{"language": 3, "code": "print(1)"}'],
  ["joined objects", "execute", `{}${written}`],
  ["two calls in one", "execute", `${written}${written}`],
  ["a trailing comma", "execute", '{"language": "python", "code": "print(1)",}'],
  ["single quotes", "execute", "{'language': 'python', 'code': 'print(1)'}"],
  ["a fence around it", "execute", `\`\`\`json\n${written}\n\`\`\``],
  ["broken off", "execute", '{"language": "python", "code": "print('],
  ["words after it", "execute", `${written} I ran it.`],
  ["code twice", "execute", '{"language": "python", "code": "a()", "code": "print(1)"}'],
  ["an unknown tool", "search", written],
  ["no name", "", written],
];

describe.each(interfaces.map((each) => [each.name, each] as const))("code over %s", (_name, each) => {
  describe.each(finishes)("and the finish %s", (finish) => {
    it.each(programs)("should run %s only where it is whole", async (_what, parts, whole) => {
      const cut = !whole && (finish === "length" || finish === "filter" || finish === "odd");
      const result = await cases.loop(each, send(each, answerOf(each, fitting(each, parts), finish)), ending(each));
      expect(result.ran.map((code) => code.trim().split("\n").at(-1))).toEqual(cut ? [] : ["print(1)"]);
      expect(result.errors).toEqual(cut ? ["SLUICE_MODEL_CUT"] : []);
      expect(result.text).toMatch(/Done\.$/);
      expect(result.status).toBe("ok");
      if (cut) expect(result.bodies[1]).toContain("was cut off");
    });
  });

  it.each(shapes)("should read a call with arguments %s, or tell the model", async (_what, name, given, code) => {
    const call: Part = { call: String(name), arguments: given };
    const result = await cases.loop(each, send(each, answerOf(each, [call], "tool")), ending(each));
    expect(result.ran).toEqual(code === undefined ? [] : [code]);
    expect(result.errors).toEqual(code === undefined ? ["SLUICE_MODEL_CALL"] : []);
    expect(result.text).toBe("Done.");
    expect(result.status).toBe("ok");
    expect(result.bodies).toHaveLength(2);
    if (code === undefined) expect(result.bodies[1]).toContain("cannot be read");
  });

  it("should fail a run whose last answer was cut off", async () => {
    const result = await cases.loop(each, send(each, answerOf(each, [{ text: "```python\nprint(1)" }], "length")));
    expect(result).toMatchObject({ ran: [], status: "failed" });
  });
});

const ending = (each: Interface) => send(each, answerOf(each, done, "stop"));

/** Interfaces whose arguments are objects have them so where they are what was asked for. */
function fitting(each: Interface, parts: readonly Part[]): readonly Part[] {
  if (!each.objects) return parts;
  return parts.map((part) =>
    "call" in part ? { call: part.call, arguments: JSON.parse(String(part.arguments)) } : part,
  );
}
