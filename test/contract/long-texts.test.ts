import { describe, expect, it } from "vitest";
import { eventFilter } from "../../core/client/host-events.ts";
import { setValue } from "../../core/config/edit/edit.ts";
import { HiddenSecrets } from "../../core/config/edit/hidden-secrets.ts";
import { profileOutline } from "../../core/config/edit/outline.ts";
import { factsOf } from "../../core/config/read/client-text.ts";
import { SluiceError } from "../../core/contract/errors.ts";
import { AnswerWriter } from "../../core/flow/answer-writer.ts";
import { eventSelector } from "../../core/journal/select.ts";
import { isBase64, parseJson } from "../../core/kit/index.ts";
import { languageOf } from "../../core/kit/text/code-language.ts";
import { durationIn, providerWords } from "../../core/kit/upstream/upstream-words.ts";
import { loadPlan } from "../../core/plugin/load-plan.ts";
import { Inbox } from "../../plugins/lmc/inbox.ts";
import { fieldsOf } from "../../plugins/lmc/multipart.ts";

/**
 * A text of somebody else's must not take longer than it is long: an expression that tries all ways to read it takes the
 * square of it, or two to its power, and everybody waits meanwhile. Each edge is given each of these again and again.
 */
const units = [
  ...` a0\`~'"()[]{}<>=.,:;\n\t*%/@#\\`,
  ...[
    "()",
    "a(",
    "(a)",
    ".a()",
    "a ",
    "a=",
    " = ",
    "\n ",
    "\r\n",
    "\n```",
    "``` ",
    "```\n",
    "```a ",
    "`` ",
    "[{",
    "}]",
    "<|",
    "|>",
  ],
  ...["<code ", "<code>", "</code>", "<think>", "</think>", "\n</think>", "[/THINK]", "[TOOL_CALLS]", "<tool_call>"],
  ...[
    "<parameter=",
    "<parameter=a",
    "<parameter=a>",
    "<function=",
    '{"code":',
    '{"language":"',
    "<|python_tag|>",
    "<|a",
  ],
  ...[
    "retry ",
    "try again in ",
    "1.",
    "1s",
    "content-disposition:",
    'content-disposition: x; name="',
    ';name="',
    "; a",
  ],
  ...[
    "class a",
    "import a ",
    "for a in a",
    "with a:",
    "def a(",
    "console.a",
    "function(",
    "let a ",
    "# ",
    "//",
    '"""',
    "'''",
  ],
  ...["user:", "a://", "a://b:", "\ufffd", "#!sh", "\\u", "&a", "*a ", "- ", "? ", "\n- ", "${", "${env:", "{a}", "a*"],
];
const starts = ["", "```python\n", "<tool_call>", "<function=execute>", '{"code": "', "a", "class a", "x = ", "print("];
/** What follows the call, whose rests are dropped. */
const called = '<tool_call>{"name": "execute", "arguments": {"code": "1"}}';

function answered(pieces: readonly string[], codeWanted: boolean): void {
  const listener = {
    emit: () => undefined,
    codeWanted,
    calls: "run",
    onCode: () => undefined,
    onVoid: () => undefined,
  };
  const writer = new AnswerWriter(listener as never);
  for (const text of pieces) writer.write({ type: "text-delta", text });
  writer.close();
}

const inPieces = (text: string) => text.match(/[\s\S]{1,7}/g) ?? [];
const event = (source: string) => ({ type: "log", source, data: { level: "info", message: "" } }) as never;

const edges: Readonly<Record<string, (text: string) => unknown>> = {
  "an answer": (text) => answered([text], true),
  "an answer in pieces": (text) => answered(inPieces(text.slice(0, 4_000)), true),
  "an answer that no sandbox follows": (text) => answered([text], false),
  "what follows a call": (text) => answered([called, text], true),
  "a form": (text) => fieldsOf("multipart/form-data; boundary=b", Buffer.from(`--b\r\n${text}\r\n\r\nx\r\n--b--`)),
  "a picture": (text) =>
    new Inbox().receive({ role: "user", type: "image", format: "base64.png", start: true, content: text } as never),
  base64: isBase64,
  "the first line of a program": (text) => languageOf("", text, "python"),
  "a provider's error": (text) => [providerWords({ error: { message: text, retry_after: text } }), durationIn(text)],
  "a glob of a watch": (text) => eventFilter({ sources: [text] })(event(text.slice(0, 200))),
  "a glob of a sink": (text) => eventSelector([text])(event(text.slice(0, 200))),
  json: (text) => {
    try {
      parseJson(text);
    } catch {
      // It is none.
    }
  },
};

/** Milliseconds of the processor. The square of such a length takes ten times as long at least. */
const longest = 300;
const length = 12_000;

function repeated(part: (index: number) => string, length: number): string {
  const parts: string[] = [];
  for (let size = 0; size < length; size += parts.at(-1)?.length ?? 1) parts.push(part(parts.length));
  return parts.join("");
}

/** What repeats in a profile, and was compared with all the others, or looked for from the beginning. */
const profiles: Readonly<Record<string, (length: number) => string>> = {
  brackets: (length) => `x: ${repeated(() => "}]", length)}`,
  "quotes in a list": (length) => `x: [${repeated(() => '"', length)}`,
  keys: (length) => repeated((index) => `k${index}: 1\n`, length),
  "a key again and again": (length) => repeated(() => "k: 1\n", length),
  aliases: (length) => `x: &a 1\ny:\n${repeated(() => "- *a\n", length)}`,
  "aliases of a long text": (length) => `x: &a "${"a".repeat(length)}"\ny:\n${repeated(() => "- *a\n", length)}`,
  anchors: (length) =>
    `y:\n${repeated((index) => `- &a${index} 1\n`, length / 2)}${repeated((index) => `- *a${index}\n`, length / 2)}`,
  merges: (length) => `x: &a { k: 1 }\ny:\n  <<: [${repeated(() => "*a,", length)}]`,
  expressions: (length) => `x: [${repeated(() => '"${env:A}",', length)}]`,
  instances: (length) =>
    `plugins:\n${repeated((index) => `  p${index}: { use: a, with: { k: "\${env:A}" } }\n`, length)}`,
  "flows of nothing": (length) =>
    `version: 1\nplugins: { p: { use: a } }\nflows:\n${repeated((index) => `  f${index}: q\n`, length)}`,
};
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  check: (text) => loadPlan({ file: "sluice.yaml", text, cwd: "/", env: {}, trust: "client" }),
  outline: profileOutline,
  facts: factsOf,
  edit: (text) => setValue(text, "/version", 2),
  secrets: (text) => new HiddenSecrets(["env:A"], text).reveal(text),
};

describe("a long text", () => {
  it.each(Object.keys(edges))("should take no longer than it is long as %s", { timeout: 120_000 }, (name) => {
    const slow: string[] = [];
    for (const start of starts) {
      for (const unit of units) {
        const text = `${start}${unit.repeat(Math.ceil(length / unit.length))}\u0001`;
        const began = process.cpuUsage();
        edges[name]?.(text);
        const { user } = process.cpuUsage(began);
        if (user > longest * 1_000) slow.push(`${JSON.stringify(start + unit)}: ${Math.round(user / 1_000)} ms`);
      }
    }
    expect(slow).toEqual([]);
  });

  it.each(Object.keys(profiles))(
    "should take no longer than it is long as a profile of %s",
    { timeout: 120_000 },
    async (name) => {
      const text = profiles[name]?.(100_000) ?? "";
      for (const [what, read] of Object.entries(readers)) {
        const began = process.cpuUsage();
        try {
          await read(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SluiceError);
        }
        expect([what, process.cpuUsage(began).user]).toEqual([
          what,
          expect.toSatisfy((user: number) => user < 5_000_000),
        ]);
      }
    },
  );

  it.each(units.map((unit) => JSON.stringify(unit)))(
    "should take no longer than it is long in a profile, of %s",
    async (unit) => {
      const text = (JSON.parse(unit) as string).repeat(20_000).slice(0, 30_000);
      for (const whole of [
        text,
        `plugins:\n  a: { use: llm-openai, with: { baseURL: "x://${text.replaceAll(/["\\\n]/g, "a")}" } }`,
      ]) {
        const began = process.cpuUsage();
        await loadPlan({ file: "sluice.yaml", text: whole, cwd: "/", env: {}, trust: "client" });
        expect(process.cpuUsage(began).user).toBeLessThan(5_000_000);
      }
    },
  );
});
