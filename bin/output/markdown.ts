import type { painter } from "./style.ts";
import { table } from "./table.ts";

type Paint = ReturnType<typeof painter>;
type Format = Extract<Parameters<Paint>[0], string>;

/** Characters in which the end of a span is looked for; what begins without ending stands as it was written. */
const longestSpan = 400;

/** What may still become a heading, an item, a quote, a rule, a fence or a table. */
const undecided = /^[\s#>*_+\-`~|]*$/;

interface Span {
  readonly pattern: RegExp;
  readonly formats: readonly Format[];
  /** Whether what is inside is Markdown too. */
  readonly nested?: boolean;
  /** Whether it may not begin inside of a word. */
  readonly apart?: boolean;
}

const spans: readonly Span[] = [
  { pattern: /^(`+)(?!`)([^\n]*?[^`\n])\1(?!`)/, formats: ["cyan"] },
  { pattern: /^(\*\*)(?=[^\s*])([^\n]*?[^\s\\])\*\*/, formats: ["bold"], nested: true },
  { pattern: /^(__)(?=[^\s_])([^\n]*?[^\s\\])__(?!\w)/, formats: ["bold"], nested: true, apart: true },
  { pattern: /^(~~)(?=\S)([^\n]*?[^\s\\])~~/, formats: ["strikethrough"], nested: true },
  { pattern: /^(\*)(?=[^\s*])([^\n]*?[^\s\\*])\*(?!\*)/, formats: ["italic"], nested: true },
  { pattern: /^(_)(?=[^\s_])([^\n]*?[^\s\\_])_(?!\w)/, formats: ["italic"], nested: true, apart: true },
];
const link = /^!?\[([^\]\n]*)\]\(([^()\s]*)(?:\s+"[^"\n]*")?\)/;

/**
 * Draws Markdown while it comes. Words are given on at once; what may be a mark waits for the rest of its line at most. A
 * table waits for its end. Nothing is lost: marks that mean nothing stand as they were written.
 */
export class MarkdownStream {
  readonly #paint: Paint;
  #rest = "";
  #isLineStart = true;
  #isHeading = false;
  /** The fence that is open. */
  #fence: string | undefined;
  #rows: string[] = [];
  #last = "";

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  /** What can be shown now. `text` has no control characters but ends of lines and tabs. */
  write(text: string): string {
    this.#rest += text;
    return this.#read(false);
  }

  /** All that waited; what follows is another text. */
  end(): string {
    const isOpen = this.#rest !== "" && !this.#rest.endsWith("\n");
    const read = this.#read(true) + this.#table();
    this.#isLineStart = true;
    this.#fence = undefined;
    return isOpen ? read.replace(/\n$/, "") : read;
  }

  #read(isFinal: boolean): string {
    let shown = "";
    while (this.#rest !== "") {
      const read = this.#isLineStart ? this.#beginLine(isFinal) : this.#inLine(isFinal);
      if (read === undefined) break;
      shown += read;
    }
    return shown;
  }

  #take(length: number): string {
    const taken = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return taken;
  }

  /** What is shown of the line's beginning; undefined while it may become something else. */
  #beginLine(isFinal: boolean): string | undefined {
    const end = this.#rest.indexOf("\n");
    const line = end < 0 ? this.#rest : this.#rest.slice(0, end);
    const isWhole = end >= 0 || isFinal;
    if (!isWhole && undecided.test(line) && line.length < longestSpan) return undefined;
    if (this.#fence !== undefined) return this.#fenced(line, this.#fence);
    if (/^ {0,3}\|/.test(line)) {
      if (!isWhole) return undefined;
      this.#rows.push(this.#take(line.length + 1).trimEnd());
      return "";
    }
    const rows = this.#table();
    const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (!isWhole) return rows === "" ? undefined : rows;
      this.#fence = fence;
      return rows + this.#paint("dim", this.#take(line.length)) + this.#take(1);
    }
    this.#isLineStart = false;
    this.#last = "";
    if (isWhole && /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/.test(line)) {
      this.#take(line.length);
      return rows + this.#paint("dim", "─".repeat(40));
    }
    return rows + this.#prefix(line);
  }

  #prefix(line: string): string {
    const heading = /^ {0,3}#{1,6}[ \t]+/.exec(line);
    if (heading !== null) {
      this.#isHeading = true;
      this.#take(heading[0].length);
      return "";
    }
    const [quote = ""] = /^ {0,3}>[> ]*/.exec(line) ?? [];
    const [, indent, bullet] = /^([ \t]*)([-*+][ \t]+)/.exec(line.slice(quote.length)) ?? [];
    this.#take(quote.length + (indent?.length ?? 0) + (bullet?.length ?? 0));
    const bars = quote === "" ? "" : this.#paint("dim", quote.replaceAll(">", "│"));
    return bullet === undefined ? bars : `${bars}${indent}• `;
  }

  /** Code stands as it is, until its fence is closed. */
  #fenced(line: string, fence: string): string {
    const mark = line.trim();
    if (mark.startsWith(fence) && /^(?:`+|~+)$/.test(mark)) {
      this.#fence = undefined;
      return this.#paint("dim", this.#take(line.length)) + this.#take(1);
    }
    this.#isLineStart = false;
    return "";
  }

  #inLine(isFinal: boolean): string | undefined {
    const end = this.#rest.indexOf("\n");
    if (end === 0) {
      this.#isLineStart = true;
      this.#isHeading = false;
      return this.#take(1);
    }
    const line = end < 0 ? this.#rest : this.#rest.slice(0, end);
    if (this.#fence !== undefined) return this.#take(line.length);
    const plain = /^[^`*_~[!\\]+/.exec(line)?.[0];
    if (plain !== undefined) return this.#say(this.#take(plain.length), this.#formats);
    const isWhole = end >= 0 || isFinal || line.length > longestSpan;
    const [length, shown] = this.#mark(line, this.#formats, isWhole);
    if (length === 0) return undefined;
    this.#take(length);
    return shown;
  }

  get #formats(): readonly Format[] {
    return this.#isHeading ? ["bold"] : [];
  }

  /** How long what begins here is, and how it is shown; nothing while it may go on. */
  #mark(line: string, formats: readonly Format[], isWhole: boolean): readonly [number, string] {
    const text = line.slice(0, longestSpan);
    const escaped = /^\\([!-/:-@[-`{-~])/.exec(text)?.[1];
    if (escaped !== undefined) return [2, this.#say(escaped, formats)];
    const linked = link.exec(text);
    if (linked !== null) return [linked[0].length, this.#link(linked, formats)];
    for (const span of spans) {
      const found = span.apart && /\w$/.test(this.#last) ? null : span.pattern.exec(text);
      const [whole = "", , inside = ""] = found ?? [];
      // Whether it ends here is told by what follows.
      if (found === null || (whole.length === line.length && !isWhole)) continue;
      const all = [...formats, ...span.formats];
      return [whole.length, span.nested ? this.#inside(inside, all) : this.#say(inside, all)];
    }
    if (!isWhole) return [0, ""];
    const [run = ""] = /^(.)\1*/u.exec(text) ?? [];
    return [run.length, this.#say(run, formats)];
  }

  #inside(text: string, formats: readonly Format[]): string {
    let shown = "";
    for (let rest = text; rest !== ""; ) {
      const plain = /^[^`*_~[!\\]+/.exec(rest)?.[0];
      const [length, read] =
        plain === undefined ? this.#mark(rest, formats, true) : [plain.length, this.#say(plain, formats)];
      shown += read;
      rest = rest.slice(length);
    }
    return shown;
  }

  /** The address is always told: a link may say that it leads elsewhere. */
  #link([, text = "", address = ""]: RegExpExecArray, formats: readonly Format[]): string {
    if (text === "" || text === address) return this.#say(address, [...formats, "underline"]);
    return `${this.#inside(text, [...formats, "underline"])} ${this.#paint("dim", `(${address})`)}`;
  }

  #say(text: string, formats: readonly Format[]): string {
    this.#last = text;
    return formats.length === 0 ? text : this.#paint([...formats], text);
  }

  /** The rows that were held, in columns; lines that are no table stand as they were written. */
  #table(): string {
    const rows = this.#rows.splice(0);
    const [head = [], rule = [], ...body] = rows.map(cellsOf);
    if (rule.length === 0 || !rule.every((cell) => /^:?-+:?$/.test(cell)))
      return rows.map((row) => `${row}\n`).join("");
    const plain = (cells: readonly string[]) => head.map((_, at) => MarkdownStream.#plain(cells[at] ?? ""));
    const [first = "", ...others] = table(plain(head), body.map(plain)).split("\n");
    return [this.#paint("bold", first), ...others].join("\n");
  }

  /** Without marks and paint, so that its width is the width of what is shown. */
  static #plain(text: string): string {
    return new MarkdownStream((_, words) => words).#inside(text, []);
  }
}

function cellsOf(row: string): string[] {
  const inner = row.trim().replace(/^\||(?<!\\)\|$/g, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}
