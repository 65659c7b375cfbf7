import { describe, expect, it } from "vitest";
import { csvOf, frameOfText, numericColumns } from "../../../plugins/web-monitor/page/rich/data-frame.ts";

const cellOf = (text: string) => csvOf({ columns: ["a"], rows: [[text]], caption: "" }).split("\r\n")[1];

describe("a table that is saved", () => {
  it.each([
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    " =1+1",
    "\u00a0=1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff20SUM(A1)",
    "a;=1+1",
    "a\t=1+1",
    "a|; @SUM(A1)",
  ])("should hold no formula for any spreadsheet, whatever separates its cells: %j", (text) => {
    const cell = cellOf(text) ?? "";
    // Each part that a spreadsheet may take for a cell, without the quotes around it.
    for (const part of cell.replace(/^"/, "").split(/[;\t|]/)) expect(part).not.toMatch(/^\s*[=+\-@\uff1d\uff20]/);
  });

  it.each(["-1.5", "+3", "1e9", "-inf", "+inf", "plain", "a-b", "x=1", ""])("should keep %j as it is", (text) => {
    expect(cellOf(text)).toBe(text);
  });

  it("should be read back as it was, where it holds nothing of a formula", () => {
    const rows = [
      ['say "a"', "b,c"],
      ["one\ntwo", "; x"],
    ];
    const table = csvOf({ columns: ["p", "q"], rows, caption: "" });
    expect(frameOfText(table, ",")?.rows).toEqual(rows);
  });
});

describe("a column of a table", () => {
  it.each([
    [["1", "-2.5", "1e9"], true],
    [["1", "NaN", "2"], true],
    [["1,234", "None"], true],
    [["inf", "<NA>", ""], true],
    [["NaN", "NaN"], false],
    [["1", "two"], false],
    [["", ""], false],
    [["2024-01-01"], false],
    [["0x10"], false],
  ])("should stand at the right where it holds numbers, and what is missing: %j", (cells, isNumeric) => {
    const frame = { columns: ["a"], rows: cells.map((cell) => [cell]), caption: "" };
    expect(numericColumns(frame)).toEqual([isNumeric]);
  });
});
