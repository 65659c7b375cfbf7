import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableLines } from "../../../../core/kit/index.ts";

describe("printable", () => {
  it.each([
    ["a sequence that erases the line", "rm -rf ~\u001b[2K\u001b[G# harmless", "rm -rf ~\\x1b[2K\\x1b[G# harmless"],
    ["a carriage return", "rm\rls", "rm\\rls"],
    ["an end of line, which would make a line of its own", "a\nerror: b", "a\\nerror: b"],
    ["a C1 introducer", "\u009b2J", "\\x9b2J"],
    ["text turned round", "\u202Etxt.exe\u202C", "\\u202etxt.exe\\u202c"],
    ["isolates", "\u2066a\u2069", "\\u2066a\\u2069"],
    [
      "nothing visible",
      "a\u200bb\u2060c\ufeffd\u00ade\u3164f\u2800g",
      "a\\u200bb\\u2060c\\ufeffd\\xade\\u3164f\\u2800g",
    ],
    ["tags", "a\u{e0041}", "a\\u{e0041}"],
    ["half a pair of surrogates", "a\ud83d", "a\\ud83d"],
    ["separators of lines and paragraphs", "a\u2028b\u2029", "a\\u2028b\\u2029"],
  ])("should write out %s", (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it.each(["plain", "Größe 3 µm", "日本語", "שלום", "مرحبا", "👩‍👩‍👧", "❤️", "👍🏽", "👩🏽‍💻", "e\u0301", "#️⃣"])(
    "should leave %s as it is",
    (text) => {
      expect(printable(text)).toBe(text);
    },
  );

  it("should leave nothing that a terminal obeys, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
        expect(printableLines(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it("should keep lines where lines are wanted", () => {
    expect(printableLines("a\r\n\tb\u001b\rc\n")).toBe("a\n\tb\\x1b\\rc\n");
  });
});
