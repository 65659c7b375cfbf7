import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FenceReader } from "../../../core/flow/fences.ts";
import type { AnswerPiece } from "../../../core/flow/pieces.ts";

interface Read {
  /** Text and blocks in order; a block is `[language, code]`. */
  readonly parts: readonly (string | readonly [string, string])[];
}

/** Reads an answer in the given pieces, and puts together what came out. */
function read(chunks: readonly string[], repair = true): Read {
  const reader = new FenceReader({ repair });
  const pieces: AnswerPiece[] = chunks.flatMap((chunk) => reader.write(chunk)).concat(reader.end());
  const parts: (string | [string, string])[] = [];
  let block: [string, string] | undefined;
  for (const piece of pieces) {
    const last = parts.at(-1);
    if (piece.kind === "code-start") {
      expect(block).toBeUndefined();
      block = [piece.language, ""];
      parts.push(block);
    } else if (piece.kind === "code-end") {
      expect(block).toBeDefined();
      block = undefined;
    } else if (piece.kind === "code") {
      if (!block) throw new Error("code outside of a block");
      block[1] += piece.text;
    } else if (typeof last === "string" && !block) parts[parts.length - 1] = last + piece.text;
    else parts.push(piece.text);
  }
  expect(block).toBeUndefined();
  return { parts };
}

const python = (code: string): readonly [string, string] => ["python", code];

/** What models write, and what is meant by it. */
const answers: readonly (readonly [string, string, Read["parts"]])[] = [
  ["a fence", "Here:\n```python\nprint(1)\n```\nDone.", ["Here:\n", python("print(1)\n"), "Done."]],
  ["two blocks", "```python\na = 1\n```\nand\n```js\nb()\n```", [python("a = 1\n"), "and\n", ["javascript", "b()\n"]]],
  ["a fence that is not closed", "```python\nprint(1)\n", [python("print(1)\n")]],
  ["a fence that is closed on its last line", "```python\nprint(1)```\nDone.", [python("print(1)\n"), "Done."]],
  ["a fence closed there with the answer's end", "```python\nprint(1)```", [python("print(1)\n")]],
  ["a fence that begins after words", "Run this: ```python\nprint(1)\n```\n", ["Run this: \n", python("print(1)\n")]],
  ["a block on one line", "```python print(1)```\nDone.", [python("print(1)\n"), "Done."]],
  ["code on the line of the fence", "```python print(1)\nprint(2)\n```\n", [python("print(1)\nprint(2)\n")]],
  ["a fence with attributes", "```python title=a.py\nprint(1)\n```\n", [python("print(1)\n")]],
  ["a fence with braces", "```{.python}\nprint(1)\n```\n", [python("print(1)\n")]],
  ["a space before the language", "``` python\nprint(1)\n```\n", [python("print(1)\n")]],
  ["a fence of tildes", "~~~js\nb()\n~~~\n", [["javascript", "b()\n"]]],
  ["a fence of single quotes", "'''python\nprint(1)\n'''\nDone.", [python("print(1)\n"), "Done."]],
  [
    "a longer fence around a shorter one",
    "````python\nprint('''\n```\n''')\n````\n",
    [python("print('''\n```\n''')\n")],
  ],
  [
    "a second fence where the first was not closed",
    "```python\na()\n```python\nb()\n```\n",
    [python("a()\n"), python("b()\n")],
  ],
  [
    "a fence in a list",
    "1. Run:\n   ```python\n   if a:\n       b()\n   ```\n",
    ["1. Run:\n", python("if a:\n    b()\n")],
  ],
  ["a fence in a deeper list", "     ```python\n     b()\n     ```\nEnd", [python("b()\n"), "End"]],
  ["the language below the fence", "```\npython\nprint(1)\n```\n", [python("print(1)\n")]],
  ["no language", "```\nprint(1)\n```\n", [python("print(1)\n")]],
  ["no language, and a script for node", "```\nconst a = 1;\n```\n", [["javascript", "const a = 1;\n"]]],
  ["another name for the language", "```py3\nimport os\n```\n", [python("import os\n")]],
  ["a name that is none", "```tool_code\nprint(1)\n```\n", [python("print(1)\n")]],
  [
    "the wrong language",
    "```javascript\nimport math\nprint(math.pi)\n```\n",
    [python("import math\nprint(math.pi)\n")],
  ],
  ["the wrong language, the other way", "```python\nconst a = 1;\n```\n", [["javascript", "const a = 1;\n"]]],
  ["a language without an interpreter", "```ruby\nputs 1\n```\n", [["ruby", "puts 1\n"]]],
  ["a block to read", '```json\n{ "a": 1 }\n```\n', ['```json\n{ "a": 1 }\n```\n']],
  ["tags", "Run:\n<code>\nprint(1)\n</code>\nDone.", ["Run:\n", python("print(1)\n"), "Done."]],
  ["tags with a language", '<code lang="js">\nb()\n</code>\n', [["javascript", "b()\n"]]],
  ["tags on the line of the code", "<code>print(1)\nprint(2)</code>\nDone.", [python("print(1)\nprint(2)\n"), "Done."]],
  ["tags on one line", "<code>print(1)</code>\nDone.", [python("print(1)\n"), "Done."]],
  ["tags in a sentence", "Use <code>print</code> here.", ["Use <code>print</code> here."]],
  [
    "a call in words",
    'functions.execute({"language": "python", "code": "print(\\"a\\")\\nb()"})\nDone.',
    [python('print("a")\nb()'), "Done."],
  ],
  [
    "a call with real line breaks",
    'I run it.\nfunctions.execute({\n"language": "js",\n"code": "a()\nb()"\n})',
    ["I run it.\n", ["javascript", "a()\nb()"]],
  ],
  ["a call that was cut off", 'functions.execute({"language": "python", "code": "print(1)', [python("print(1)")]],
  [
    "two calls",
    'functions.execute({"code": "a()"})\nfunctions.execute({"code": "b()"})',
    [python("a()"), python("b()")],
  ],
  [
    "a call in a fence",
    '```python\nfunctions.execute({"language":"python","code":"print(1)"})\n```\nDone.',
    [python("print(1)"), "Done."],
  ],
  ["a call as JSON", '```json\n{"language": "python", "code": "print(1)"}\n```\n', [python("print(1)")]],
  [
    "a call in a tag",
    '<tool_call>\n{"name": "execute", "arguments": {"language": "python", "code": "print(1)"}}\n</tool_call>\nDone.',
    [python("print(1)"), "Done."],
  ],
  [
    "a call as JSON set out over lines",
    '{\n  "name": "execute",\n  "arguments": {\n    "language": "bash",\n    "code": "ls"\n  }\n}',
    [["bash", "ls"]],
  ],
  [
    "such a call in a fence",
    '```json\n{\n  "name": "execute",\n  "arguments": { "code": "print(1)" }\n}\n```\nDone.',
    [python("print(1)"), "Done."],
  ],
  ["a call of Mistral's", '[TOOL_CALLS][{"name":"execute","arguments":{"code":"print(1)"}}]', [python("print(1)")]],
  ["a later call of Mistral's", '[TOOL_CALLS]execute[ARGS]{"language":"bash","code":"ls"}', [["bash", "ls"]]],
  [
    "a call of Qwen's coder",
    "<tool_call>\n<function=execute>\n<parameter=code>\nif a:\n    b()\n</parameter>\n</function>\n</tool_call>\nDone.",
    [python("if a:\n    b()\n"), "Done."],
  ],
  [
    "a call with a parameter for each argument",
    '<function_calls>\n<invoke name="execute">\n<parameter name="language">bash</parameter>\n<parameter name="code">ls</parameter>\n</invoke>\n</function_calls>',
    [["bash", "ls"]],
  ],
  [
    "a call whose arguments are a text",
    '{"name":"execute","arguments":"{\\"code\\":\\"print(1)\\"}"}',
    [python("print(1)")],
  ],
  ["a program of Llama's", "<|python_tag|>print(1)<|eom_id|>", [python("print(1)")]],
  ["JSON that is an answer", '{\n  "name": "Bob",\n  "age": 3\n}', ['{\n  "name": "Bob",\n  "age": 3\n}']],
  ["a list that is an answer", "[1, 2, 3]", ["[1, 2, 3]"]],
  ["a session that was copied", "```python\n>>> 1 + 1\n2\n```\n", ["```python\n>>> 1 + 1\n2\n```\n"]],
  ["a session by its name", "```pycon\n>>> 1 + 1\n2\n```\n", ["```pycon\n>>> 1 + 1\n2\n```\n"]],
  ["output", "```output\n42\n```\n", ["```output\n42\n```\n"]],
  ["a version of the language", "```python3.12\nprint(1)\n```\n", [python("print(1)\n")]],
  ["a closing fence too far in", "```python\nif a:\n    ```\nb()\n```\n", [python("if a:\n    ```\nb()\n")]],
  ["a fence in a quote", "> ```python\n> print(1)\n> ```\nDone.", [python("print(1)\n"), "Done."]],
  ["a fence behind a list's marker", "- ```python\n  print(1)\n  ```\nDone.", [python("print(1)\n"), "Done."]],
  ["a list's fence whose lines begin too early", "- ```python\nprint(1)\n```\nDone.", [python("print(1)\n"), "Done."]],
  ["something like a call", "functions.execute() is what you want.", ["functions.execute() is what you want."]],
  [
    "nothing but code",
    "import math\n\nfor n in range(3):\n    print(math.sqrt(n))\n",
    [python("import math\n\nfor n in range(3):\n    print(math.sqrt(n))\n")],
  ],
  ["one line of code", "print(1)", [python("print(1)")]],
  [
    "code with text in it",
    'x = """\nDear reader, this is prose.\n"""\nprint(x)',
    [python('x = """\nDear reader, this is prose.\n"""\nprint(x)')],
  ],
  [
    "code over several lines",
    "data = [\n  1,\n  2,\n]\nprint(sum(data))",
    [python("data = [\n  1,\n  2,\n]\nprint(sum(data))")],
  ],
  ["a script for node alone", "const a = 1;\nconsole.log(a);\n", [["javascript", "const a = 1;\nconsole.log(a);\n"]]],
  ["code and then words", "print(1)\nThat shows one.", ["print(1)\nThat shows one."]],
  ["an equation", "x = 4", ["x = 4"]],
  ["a heading", "# The answer\nIt is 4.", ["# The answer\nIt is 4."]],
  ["words alone", "It is 25.\nNothing to run.", ["It is 25.\nNothing to run."]],
  ["words that begin like code", "import duties are\nhigh", ["import duties are\nhigh"]],
];

describe("the reader of answers", () => {
  it.each(answers)("should read %s", (_name, answer, parts) => {
    expect(read([answer]).parts).toEqual(parts);
  });

  it.each(answers)("should read %s a character at a time", (_name, answer, parts) => {
    expect(read([...answer]).parts).toEqual(parts);
  });

  it("should read any answer alike, however it is split", () => {
    const splits = fc.tuple(fc.constantFrom(...answers), fc.array(fc.nat({ max: 120 }), { maxLength: 12 }));
    fc.assert(
      fc.property(splits, ([[, answer, parts], cuts]) => {
        const at = [...new Set([0, ...cuts, answer.length])]
          .filter((cut) => cut <= answer.length)
          .sort((a, b) => a - b);
        expect(read(at.slice(1).map((end, index) => answer.slice(at[index], end))).parts).toEqual(parts);
      }),
    );
  });

  it("should lose no character of an answer without code", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom(..."ab `~'\n<code>{}()=\"") })), (chunks) => {
        const { parts } = read(chunks, false);
        if (parts.every((part) => typeof part === "string")) expect(parts.join("")).toBe(chunks.join(""));
      }),
    );
  });

  it("should pass words on at once", () => {
    const reader = new FenceReader({ repair: true });
    expect(reader.write("It is ")).toEqual([{ kind: "text", text: "It is " }]);
    expect(reader.write("25 and")).toEqual([{ kind: "text", text: "25 and" }]);
    expect(reader.write(" more.\nFurther")).toEqual([{ kind: "text", text: " more.\nFurther" }]);
  });

  it("should pass code on at once when its language is known", () => {
    const reader = new FenceReader({ repair: true });
    expect(reader.write("```python\nprint(1)\n")).toEqual([
      { kind: "code-start", language: "python" },
      { kind: "code", text: "print(1)\n" },
    ]);
    expect(reader.write("print(")).toEqual([{ kind: "code", text: "print(" }]);
  });

  it("should repair nothing where no code will run", () => {
    expect(read(["print(1)"], false).parts).toEqual(["print(1)"]);
    expect(read(['functions.execute({"code": "a()"})'], false).parts).toEqual(['functions.execute({"code": "a()"})']);
    expect(read(["Run: ```python\n"], false).parts).toEqual(["Run: ```python\n"]);
  });
});
