import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { renderGithub, renderJson } from "../../../core/config/report/render-machine.ts";
import { renderText } from "../../../core/config/report/render-text.ts";
import type { Problem } from "../../../core/contract/problem.ts";

const line = "    with: { image: sandbox-image, memroy: 512m }";
const source = `${"#\n".repeat(13)}${line}\n`;
const problem: Problem = {
  severity: "error",
  code: "SLUICE_CONFIG_UNKNOWN_KEY",
  message: "docker-sandbox has no option `memroy`",
  file: "sluice.yaml",
  line: 14,
  column: 35,
  endLine: 14,
  endColumn: 41,
  suggestion: "memory",
  cure: "sluice plugins info docker-sandbox",
};

describe("text", () => {
  test("should show place, line, what is meant, and the cure", () => {
    expect(renderText([problem], { "sluice.yaml": source })).toBe(
      [
        "error[SLUICE_CONFIG_UNKNOWN_KEY]: docker-sandbox has no option `memroy`",
        "  --> sluice.yaml:14:35",
        `14 | ${line}`,
        `   | ${" ".repeat(34)}^^^^^^ did you mean \`memory\`?`,
        "   = sluice plugins info docker-sandbox",
        "",
      ].join("\n"),
    );
  });

  test("should be the same in colour, but for the colour", () => {
    const coloured = renderText([problem], { "sluice.yaml": source }, { colour: true });
    expect(coloured).not.toBe(renderText([problem], { "sluice.yaml": source }));
    expect(stripVTControlCharacters(coloured)).toBe(renderText([problem], { "sluice.yaml": source }));
  });

  test("should do without a frame where there is no text", () => {
    const { line: _line, column, endLine, endColumn, ...placeless } = problem;
    expect(renderText([{ ...placeless, file: "<config>" }], {})).toBe(
      [
        "error[SLUICE_CONFIG_UNKNOWN_KEY]: docker-sandbox has no option `memroy`",
        "  --> <config>",
        "   = did you mean `memory`?",
        "   = sluice plugins info docker-sandbox",
        "",
      ].join("\n"),
    );
  });

  test("should cut a long line around the place", () => {
    const long = `${"a".repeat(500)}memroy${"b".repeat(500)}`;
    const text = renderText([{ ...problem, line: 1, endLine: 1, column: 501, endColumn: 507 }], {
      "sluice.yaml": long,
    });
    const [, , shown = "", marks = ""] = text.split("\n");
    expect(shown.length).toBeLessThan(180);
    expect(shown.slice(marks.indexOf("^"), marks.lastIndexOf("^") + 1)).toBe("memroy");
  });

  test("should point right after tabs and wide characters", () => {
    const text = renderText([{ ...problem, line: 1, endLine: 1, column: 4, endColumn: 10 }], {
      "sluice.yaml": "\t中:memroy",
    });
    expect(text.split("\n")[3]).toBe("  | \t   ^^^^^^ did you mean `memory`?");
  });

  test("should not pass control characters of a profile on to the terminal", () => {
    const text = renderText([{ ...problem, line: 1, endLine: 1, column: 1 }], { "sluice.yaml": "\u001b[31mred" });
    expect(text).not.toContain("\u001b");
  });
});

test("should give JSON with the keys promised", () => {
  expect(JSON.parse(renderJson([problem]))).toEqual({ problems: [problem] });
  expect(JSON.parse(renderJson([]))).toEqual({ problems: [] });
});

test("should give GitHub's annotations, escaped", () => {
  const odd = { ...problem, file: "a,b:c.yaml", message: "100% wrong", severity: "warning" as const };
  expect(renderGithub([odd])).toBe(
    "::warning file=a%2Cb%3Ac.yaml,line=14,col=35,endLine=14,endColumn=41,title=SLUICE_CONFIG_UNKNOWN_KEY::" +
      "100%25 wrong - did you mean `memory`?%0Asluice plugins info docker-sandbox\n",
  );
});
