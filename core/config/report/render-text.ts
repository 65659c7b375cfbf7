import { styleText } from "node:util";
import type { Problem } from "../../contract/problem.ts";
import { printable, printableColumns, printableLines } from "../../kit/text/printable.ts";

export interface ReportOptions {
  /** ANSI colours. Default false. */
  readonly colour?: boolean;
  /** Columns a source line may take before it is cut around the place. Default 160. */
  readonly width?: number;
}

type Style = Parameters<typeof styleText>[0];

/**
 * Problems as a compiler shows them: code, place, the line, what is meant, and the cure.
 *
 * @param sources texts by the name of their file, as `loadPlan` returns them
 */
export function renderText(
  problems: readonly Problem[],
  sources: Readonly<Record<string, string>>,
  { colour = false, width = 160 }: ReportOptions = {},
): string {
  // Whether colour is wanted is the caller's decision, not that of the stream.
  const paint = (style: Style, text: string) => (colour ? styleText(style, text, { validateStream: false }) : text);
  return problems.map((problem) => one(problem, sources, paint, width)).join("\n");
}

function one(
  problem: Problem,
  sources: Readonly<Record<string, string>>,
  paint: (style: Style, text: string) => string,
  width: number,
): string {
  const { severity, code, message, file, line, column, suggestion, cure } = problem;
  const tone = severity === "error" ? "red" : "yellow";
  const lines = [`${paint([tone, "bold"], `${severity}[${printable(code)}]`)}: ${printableLines(message)}`];
  const place = printable(line === undefined ? file : `${file}:${line}:${column}`);
  lines.push(`  ${paint("blue", "-->")} ${place}`);
  const frame = frameOf(problem, sources[file], width);
  const meant = suggestion === undefined ? "" : `did you mean \`${printable(suggestion)}\`?`;
  if (frame === undefined) {
    if (meant !== "") lines.push(`   = ${meant}`);
  } else {
    lines.push(`${paint("blue", `${frame.number} |`)} ${frame.text}`);
    const margin = " ".repeat(frame.number.length);
    lines.push(
      `${margin} ${paint("blue", "|")} ${frame.indent}${paint(tone, `${frame.carets}${meant && ` ${meant}`}`)}`,
    );
  }
  const [first = "", ...rest] = printableLines(cure).split("\n");
  lines.push(`   = ${first}`, ...rest.map((text) => `     ${text}`));
  return `${lines.join("\n")}\n`;
}

interface Frame {
  readonly number: string;
  readonly text: string;
  readonly indent: string;
  readonly carets: string;
}

function frameOf(
  { line, column, endLine, endColumn }: Problem,
  source: string | undefined,
  width: number,
): Frame | undefined {
  if (source === undefined || line === undefined || column === undefined) return undefined;
  const text = source.split("\n")[line - 1]?.replace(/\r$/, "");
  if (text === undefined) return undefined;
  const start = Math.min(column - 1, text.length);
  const stop = endLine === line && endColumn !== undefined ? endColumn - 1 : text.trimEnd().length;
  const end = Math.max(start + 1, Math.min(stop, text.length));
  const from = start > width - 40 ? start - 40 : 0;
  const shown = text.slice(from, from + width);
  const before = `${from > 0 ? "..." : ""}${text.slice(from, start)}`;
  const marked = text.slice(start, Math.min(end, from + width));
  return {
    number: String(line),
    text: printableColumns(`${from > 0 ? "..." : ""}${shown}${from + width < text.length ? "..." : ""}`),
    indent: before.replaceAll(wide, "  ").replaceAll(/[^\t ]/gu, " "),
    carets: "^".repeat(Math.max(1, marked.replaceAll(wide, "  ").length)),
  };
}

/** Characters that take two columns of a terminal. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303F\uFF01-\uFF60]|\p{Emoji_Presentation}/gu;
