import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { describe, expect, it } from "vitest";
import { FenceReader } from "../../../core/flow/fences.ts";

type Node = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>["children"][number];

/** The fenced blocks of a document, as a parser of CommonMark finds them; indented code is none. */
function byCommonMark(text: string): string[] {
  const found: string[] = [];
  const walk = (node: Node): void => {
    if (node.type === "code") {
      const start = text.slice(node.position?.start.offset ?? 0);
      if (/^(`{3}|~{3})/.test(start)) found.push(node.value);
    } else if ("children" in node) for (const child of node.children) walk(child as Node);
  };
  walk(fromMarkdown(text));
  return found;
}

/** The same as our reader finds them, in pieces of the sizes given. */
function byReader(text: string, sizes: readonly number[], repair: boolean): string[] {
  const reader = new FenceReader({ repair });
  const found: string[] = [];
  const take = (pieces: ReturnType<FenceReader["write"]>) => {
    for (const piece of pieces) {
      if (piece.kind === "code-start") found.push("");
      else if (piece.kind === "code") found[found.length - 1] += piece.text;
    }
  };
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? text.length;
    take(reader.write(text.slice(at, at + size)));
    at += size;
  }
  take(reader.end());
  return found;
}

const indent = fc.integer({ min: 0, max: 5 }).map((width) => " ".repeat(width));
const ticks = fc.constantFrom("```", "````", "`````", "~~~", "~~~~");
const info = fc.constantFrom("python", "py title=a.py", " js", "bash {1,2}", "python3", "sh lang");
const opening = fc.tuple(indent, ticks, info).map((parts) => parts.join(""));
const closing = fc.tuple(indent, ticks, fc.constantFrom("", "", " ", "  ")).map((parts) => parts.join(""));
const line = fc.constantFrom("x = 1", "  y()", "    z()", "# w", "`v`", "``", "u ```", "- t", "> s", "1. r", "");
const body = fc.array(fc.oneof({ weight: 3, arbitrary: line }, { weight: 1, arbitrary: closing }), { maxLength: 5 });
const block = fc.tuple(opening, body, closing).map(([first, lines, last]) => [first, ...lines, last]);
/** Blocks stand alone, in a quote or in a list, and empty lines stand between them, as paragraphs follow rules of their own. */
const container = fc.constantFrom<(lines: readonly string[]) => readonly string[]>(
  (lines) => lines,
  (lines) => lines.map((each) => `> ${each}`),
  (lines) => lines.map((each) => `>${each}`),
  (lines) => lines.map((each, index) => (index === 0 ? `- ${each}` : `  ${each}`)),
  (lines) => lines.map((each, index) => (index === 0 ? `12. ${each}` : `    ${each}`)),
  (lines) => ["1. Run:", "", ...lines.map((each) => `   ${each}`)],
  (lines) => lines.map((each, index) => (index === 0 ? `> - ${each}` : `>   ${each}`)),
  // A block that is not closed ends with what it stands in.
  (lines) => lines.slice(0, -1).map((each) => `> ${each}`),
);
const answer = fc
  .array(
    fc.tuple(container, block).map(([within, lines]) => within(lines)),
    { minLength: 1, maxLength: 3 },
  )
  .map((blocks) => blocks.map((lines) => lines.join("\n")).join("\n\nSome words.\n\n"));
const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 });

/** Empty lines at a block's end are told differently where what it stands in ends it. */
const trimmed = (blocks: readonly string[]) => blocks.map((code) => code.replace(/\s+$/, ""));

describe("blocks of code", () => {
  it("should be those that a parser of CommonMark finds, however the answer is cut", () => {
    fc.assert(
      fc.property(answer, sizes, (text, cuts) => {
        expect(trimmed(byReader(text, cuts, false))).toEqual(trimmed(byCommonMark(text)));
      }),
      { numRuns: 1_000 },
    );
  });
});
