export interface Frame {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What stands below it, such as "1000 rows × 4 columns". */
  readonly caption: string;
  /** How many rows there are, where not all are drawn. */
  readonly all?: number;
}

/** Rows that are drawn; pandas shows 60 unless it is told otherwise. */
const mostRows = 2_000;
/** What pandas writes for rows and columns that it leaves out. */
const leftOut = "...";

/** The one table of data in what a program showed; undefined where there is more, which a grid cannot say. */
export function frameOf(html: string): Frame | undefined {
  if (!html.includes("dataframe")) return undefined;
  // A document that was parsed so runs nothing and loads nothing.
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const table = body.querySelector("table.dataframe");
  if (table === null || table.querySelector("img, a, svg, table") !== null) return undefined;
  const heads = [...table.querySelectorAll("thead tr")];
  const drawn = [...table.querySelectorAll("tbody tr")];
  if (heads.length === 0 || drawn.length === 0 || drawn.length > mostRows) return undefined;
  const columns = columnsOf(gridOf(heads));
  const rows = gridOf(drawn);
  if (rows.some((row) => row.length !== columns.length)) return undefined;
  table.remove();
  const caption = wordsBeside(body);
  if (caption === undefined) return undefined;
  const [, all = ""] = /^(\d+) rows? × \d+ columns?$/.exec(caption) ?? [];
  const isCut = Number(all) > rows.length || rows.some(isLeftOut);
  return { columns, rows, caption, ...(isCut && all !== "" ? { all: Number(all) } : {}) };
}

/** The caption of pandas, if there is nothing else beside the table; whatever else was shown is not left out. */
function wordsBeside(body: Element): string | undefined {
  for (const style of body.querySelectorAll("style, script")) style.remove();
  const words = body.textContent?.trim() ?? "";
  const isPlain = [...body.querySelectorAll("*")].every(({ tagName }) => tagName === "DIV" || tagName === "P");
  return isPlain && (words === "" || /^\d+ rows? × \d+ columns?$/.test(words)) ? words : undefined;
}

/** Every cell in each place that it takes: what a group is called stands in all of its rows and columns. */
function gridOf(lines: readonly Element[]): string[][] {
  const grid: string[][] = lines.map(() => []);
  for (const [index, line] of lines.entries()) {
    let column = 0;
    for (const cell of line.children) {
      while (grid[index]?.[column] !== undefined) column += 1;
      const [wide, high] = [spanOf(cell, "colspan"), Math.min(spanOf(cell, "rowspan"), lines.length - index)];
      for (let down = 0; down < high; down += 1)
        for (let across = 0; across < wide; across += 1) {
          const row = grid[index + down];
          if (row !== undefined) row[column + across] = cell.textContent ?? "";
        }
      column += wide;
    }
  }
  return grid.map((row) => Array.from(row, (cell) => cell ?? ""));
}

function spanOf(cell: Element, name: "colspan" | "rowspan"): number {
  return Math.max(1, Math.min(1_000, Number(cell.getAttribute(name)) || 1));
}

/** One name for each column, of all the lines of its head. */
function columnsOf(heads: readonly (readonly string[])[]): readonly string[] {
  const width = Math.max(...heads.map((head) => head.length));
  return Array.from({ length: width }, (_, column) => {
    const names = heads.map((head) => head[column]?.trim() ?? "").filter((name) => name !== "");
    return names.every((name) => name === leftOut) ? (names[0] ?? "") : names.join(" · ");
  });
}

function isLeftOut(row: readonly string[]): boolean {
  return row.every((cell) => cell.trim() === leftOut);
}

/** Its rows, without what stands for those that were left out. */
export function rowsThere({ rows, all }: Frame): Frame["rows"] {
  return all === undefined ? rows : rows.filter((row) => !isLeftOut(row));
}

/** What there is of a table in which rows and columns were left out, without what stands in their place. */
export function withoutLeftOut(frame: Frame): Frame {
  if (frame.all === undefined) return frame;
  const rows = rowsThere(frame);
  const kept = frame.columns.map((name, column) => name !== leftOut || rows.some((row) => row[column] !== leftOut));
  const within = (row: readonly string[]) => row.filter((_, column) => kept[column]);
  return { ...frame, columns: within(frame.columns), rows: rows.map(within) };
}

/** A table of separated values, RFC 4180; undefined where its rows are of different lengths. */
export function frameOfText(text: string, separator: string): Frame | undefined {
  const rows: string[][] = [[""]];
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    const row = rows.at(-1) ?? [];
    const cell = row.length - 1;
    if (isQuoted && character === '"' && text[at + 1] === '"') {
      row[cell] += '"';
      at += 1;
    } else if (character === '"' && (isQuoted || row[cell] === "")) isQuoted = !isQuoted;
    else if (isQuoted) row[cell] += character;
    else if (character === separator) row.push("");
    else if (character === "\n") rows.push([""]);
    else if (character !== "\r") row[cell] += character;
  }
  if (rows.at(-1)?.join("") === "") rows.pop();
  const [columns = [], ...body] = rows;
  if (columns.length < 2 || body.some((row) => row.length !== columns.length)) return undefined;
  return { columns, rows: body.slice(0, mostRows), caption: "", all: body.length };
}

/** Numbers by their size, then texts as people sort them; what is missing comes last. */
export function sorted(rows: Frame["rows"], column: number, down: boolean): Frame["rows"] {
  const collator = new Intl.Collator(undefined, { numeric: true });
  const textAt = (row: readonly string[]) => row[column]?.trim() ?? "";
  return rows.toSorted((one, other) => {
    const [left, right] = [textAt(one), textAt(other)];
    if (isMissing(left) || isMissing(right)) return Number(isMissing(left)) - Number(isMissing(right));
    const order = compare(numberOf(left), numberOf(right)) || collator.compare(left, right);
    return down ? -order : order;
  });
}

/** Both are numbers, one of them, or none: then they are as good as equal. */
function compare(left: number, right: number): number {
  if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Python writes what has no end as `inf`. */
function numberOf(text: string): number {
  const [, sign] = /^([+-]?)inf$/i.exec(text) ?? [];
  if (sign !== undefined) return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return text === "" ? Number.NaN : Number(text);
}

/** What pandas writes where there is no value. */
function isMissing(text: string): boolean {
  return ["", "NaN", "nan", "None", "NaT", "<NA>"].includes(text.trim());
}

/** Which columns hold numbers and nothing else, but for what is missing: they stand at the right, one below the other. */
export function numericColumns({ columns, rows }: Frame): readonly boolean[] {
  return columns.map((_name, column) => {
    const present = rows.map((row) => row[column] ?? "").filter((cell) => !isMissing(cell));
    return present.length > 0 && present.every(isNumber);
  });
}

function isNumber(cell: string): boolean {
  return /^[+-]?(\d[\d_,]*\.?\d*|\.\d+)(e[+-]?\d+)?%?$|^[+-]?inf$/i.test(cell.trim());
}

/** As RFC 4180 says. A text that a spreadsheet would take for a formula is kept from being one. */
export function csvOf({ columns, rows }: Frame): string {
  const cellOf = (text: string) => {
    // Blanks before it, and signs of full width, are formulas to some; so is what stands after another separator.
    const isFormula = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(text) && Number.isNaN(numberOf(text));
    const safe = (isFormula ? `'${text}` : text).replace(/([;\t|])(?=\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g, "$1'");
    return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns, ...rows].map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");
}
