import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutText, cutTextStart, WellFormedText } from "../../../../core/kit/text/cut-text.ts";
import { ToolText } from "../../../../plugins/mcp/bounded-text.ts";
import { cutTexts } from "../../../../plugins/websocket/cut-texts.ts";

const anyText = fc.array(fc.constantFrom("a", "😀", "é", "世", "\n", "👩‍👩‍👧")).map((parts) => parts.join(""));

describe("cutting text", () => {
  it("should never halve a pair of surrogates, at either end", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: -2, max: 20 }), (text, most) => {
        for (const [cut, whole] of [
          [cutText(text, most), (part: string) => text.startsWith(part)],
          [cutTextStart(text, most), (part: string) => text.endsWith(part)],
        ] as const) {
          expect(cut.isWellFormed()).toBe(true);
          expect(whole(cut)).toBe(true);
          expect(cut.length).toBeLessThanOrEqual(Math.max(0, most));
          expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, Math.max(0, most - 1)));
        }
      }),
    );
  });

  it("should keep both ends of what MCP shows whole, however the text comes", () => {
    fc.assert(
      fc.property(fc.array(anyText), fc.integer({ min: 2, max: 12 }), (pieces, limit) => {
        const bounded = new ToolText(limit);
        for (const piece of pieces) bounded.append(piece);
        const [head = "", tail] = bounded.toString().split(/\n\[\d+ characters? (?:is|are) left out here\]\n/);
        expect(bounded.toString().isWellFormed()).toBe(true);
        expect(pieces.join("").startsWith(head)).toBe(true);
        expect(pieces.join("").endsWith(tail ?? head)).toBe(true);
      }),
    );
  });

  it("should keep long texts over the WebSocket whole", () => {
    const { value, cut } = cutTexts({ text: `x${"😀".repeat(10_000)}` });
    expect(cut).toBe(true);
    expect(value.text.isWellFormed()).toBe(true);
  });
});

describe("text that comes in pieces", () => {
  it("should be the same text when pairs are divided, and be well formed piece by piece", () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(40)), (text, cuts) => {
        const reader = new WellFormedText();
        const at = [...new Set([0, ...cuts, text.length])].filter((cut) => cut <= text.length).sort((a, b) => a - b);
        const pieces = at.map((start, index) => reader.write(text.slice(start, at[index + 1] ?? text.length)));
        pieces.push(reader.end());
        expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
        expect(pieces.join("")).toBe(text);
      }),
    );
  });

  it("should replace halves that stay alone", () => {
    const reader = new WellFormedText();
    expect([reader.write("a\ud83d"), reader.write("b\ude00"), reader.write("\ud83d"), reader.end()]).toEqual([
      "a",
      "\ufffdb\ufffd",
      "",
      "\ufffd",
    ]);
  });
});
