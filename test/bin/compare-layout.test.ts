import { describe, expect, it } from "vitest";
import { beside, columnWidth, wrap } from "../../bin/compare/layout.ts";
import { table } from "../../bin/output/table.ts";

describe("the layout of a comparison", () => {
  it("should break lines at spaces, and words that are too long anywhere", () => {
    expect(wrap("one two three", 8)).toEqual(["one two", "three"]);
    expect(wrap("abcdefghij", 4)).toEqual(["abcd", "efgh", "ij"]);
    expect(wrap("a\r\n\n\tb\n\n", 8)).toEqual(["a", "", "    b"]);
    expect(wrap("exactly8 then", 8)).toEqual(["exactly8", "then"]);
  });

  it("should count two cells for wide letters and pictures", () => {
    expect(beside([["水閘 a😀"], ["b"]], 9)).toEqual(["水閘 a😀  │ b"]);
    expect(wrap("水閘水閘", 4)).toEqual(["水閘", "水閘"]);
  });

  it("should obey nothing that a model writes", () => {
    expect(wrap("\u001b[2Jx", 20)).toEqual(["\\x1b[2Jx"]);
  });

  it("should line columns up, whatever their length", () => {
    expect(beside([["水"], ["a", "b"]], 4)).toEqual(["水   │ a", "     │ b"]);
  });

  it("should line the columns of a table up, whatever its letters", () => {
    expect(
      table(
        ["name", "state"],
        [
          ["水閘", "ok"],
          ["e\u0301te\u0301", "ok"],
          ["👩‍💻", "ok"],
        ],
      ),
    ).toBe("name  state\n水閘  ok\ne\u0301te\u0301   ok\n👩‍💻    ok\n");
  });

  it("should know when there is no room side by side", () => {
    expect(columnWidth(120, 3)).toBe(38);
    expect(columnWidth(80, 3)).toBeUndefined();
    expect(columnWidth(200, 1)).toBeUndefined();
  });
});
