import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TranscriptView } from "../../bin/execution/transcript-view.ts";
import { MarkdownStream } from "../../bin/output/markdown.ts";
import type { RunEvent } from "../../core/contract/index.ts";
import { capture } from "./capture.ts";

/** Formats as tags, so that what is drawn can be read here. */
const tagged = (format: unknown, text: string) => `<${String(format)}>${text}</>`;

function drawn(pieces: readonly string[], paint: ConstructorParameters<typeof MarkdownStream>[0] = tagged): string {
  const stream = new MarkdownStream(paint);
  let shown = pieces.map((piece) => stream.write(piece)).join("") + stream.end();
  // What is painted in two pieces looks as what is painted in one.
  for (let before = ""; before !== shown; ) {
    before = shown;
    shown = shown.replace(/<([a-z,]+)>([^<]*)<\/><\1>/g, "<$1>$2");
  }
  return shown;
}

const cases: Readonly<Record<string, readonly [written: string, shown: string]>> = {
  "words as they are": ["Hello, you.\nSecond line", "Hello, you.\nSecond line"],
  "bold, italic and code": [
    "**b** *i* `c` __b__ _i_ ~~d~~",
    "<bold>b</> <italic>i</> <cyan>c</> <bold>b</> <italic>i</> <strikethrough>d</>",
  ],
  "marks in marks": ["**a *b* `c`**", "<bold>a </><bold,italic>b</><bold> </><bold,cyan>c</>"],
  "marks that mean nothing": [
    "2 * 3 ** 4, *.py, snake_case_name, a ` b, ![x, [y]",
    "2 * 3 ** 4, *.py, snake_case_name, a ` b, ![x, [y]",
  ],
  "marks that are escaped": ["\\*not\\* \\`this\\`", "*not* `this`"],
  "code with marks in it": ["`a ** b` and ``x ` y``", "<cyan>a ** b</> and <cyan>x ` y</>"],
  "a link with its address": [
    "[site](https://e.org) [https://e.org](https://e.org)",
    "<underline>site</> <dim>(https://e.org)</> <underline>https://e.org</>",
  ],
  "headings, items, quotes and rules": [
    "# Head\n- one\n  * two\n1. three\n> said\n---\n",
    `<bold>Head</>\n• one\n  • two\n1. three\n<dim>│ </>said\n<dim>${"─".repeat(40)}</>\n`,
  ],
  "a fence": ["```python\n**x** = 1\n```\nso", "<dim>```python</>\n**x** = 1\n<dim>```</>\nso"],
  "a table": ["| a | **bb** |\n|---|:-:|\n| 東京 | `c` |\n\nend", "<bold>a     bb</>\n東京  c\n\nend"],
  "a line that only looks like a table": ["| not one\nwords", "| not one\nwords"],
};

describe("Markdown while it comes", () => {
  it.each(Object.entries(cases))("should draw %s, however it is cut", (_, [written, shown]) => {
    expect(drawn([written])).toBe(shown);
    expect(drawn([...written])).toBe(shown);
  });

  it("should give words on at once, and hold only what may be a mark", () => {
    const stream = new MarkdownStream(tagged);
    expect(stream.write("Some words ")).toBe("Some words ");
    expect(stream.write("and **bo")).toBe("and ");
    expect(stream.write("ld** on")).toBe("<bold>bold</> on");
    expect(stream.write(`*${"x".repeat(500)}`)).toContain("x".repeat(99));
  });

  it("should draw the same however the text is cut, and lose no word of it", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "**",
        "*",
        "_",
        "`",
        "```",
        "~~",
        "\n",
        "\n\n",
        "# ",
        "- ",
        "> ",
        "| a |",
        "|-|",
        "[x](y)",
        "\\",
        " ",
        "---",
      ),
      fc.stringMatching(/^[a-z]{1,6}$/),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(12), { maxLength: 20 }), (pieces, cuts) => {
        const text = pieces.join("");
        const parts: string[] = [];
        let rest = text;
        for (const cut of cuts) {
          parts.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        expect(drawn([...parts, rest])).toBe(drawn([text]));
        const words = (shown: string) => shown.match(/[a-z]+/g) ?? [];
        const plain = drawn([text], (_, painted) => painted);
        expect(words(plain).join("")).toBe(words(text).join(""));
      }),
      { numRuns: 2_000 },
    );
  });

  it("should take a hostile text of one line in little time", () => {
    for (const hostile of ["*", "_", "`", "[", "**a ", "![](", "\\", "|"]) {
      const begun = performance.now();
      drawn([hostile.repeat(100_000)]);
      expect(performance.now() - begun).toBeLessThan(20_000);
    }
  });
});

describe("an answer on a terminal", () => {
  it("should act on it in no way of its own", async () => {
    const { outputs, stdout } = capture();
    for (const { stream } of Object.values(outputs))
      Object.assign(stream, { isTTY: true, getColorDepth: () => 8, hasColors: () => true });
    const view = new TranscriptView(outputs);
    const events = [
      { type: "text-start", data: {} },
      { type: "text-delta", data: { text: "It is **42**\u001b[2J and `x" } },
      { type: "text-delta", data: { text: "\u001b]0;title\u0007`, *not" } },
      { type: "text-end", data: {} },
    ];
    for (const [index, event] of events.entries())
      await view.show({ run: "r", seq: index + 1, time: "", source: "m", ...event } as RunEvent);
    const seen = stdout().toString();
    expect(stripVTControlCharacters(seen)).toContain("\\x1b[2J and ");
    expect(stripVTControlCharacters(seen)).toContain("x\\x1b]0;title\\x07");
    expect(seen).not.toContain("\u001b[2J");
    expect(seen).not.toContain("\u001b]0");
  });
});
