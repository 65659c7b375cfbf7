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

/** The one table of data in what a program showed; undefined where it is laid out in ways that a grid cannot say. */
export function frameOf(html: string): Frame | undefined {
  if (!html.includes("dataframe")) return undefined;
  // A document that was parsed so runs nothing and loads nothing.
  const page = new DOMParser().parseFromString(html, "text/html");
  const tables = page.querySelectorAll("table.dataframe");
  const [table] = tables;
  if (table === undefined || tables.length > 1 || table.querySelector("[rowspan], [colspan], img, a") !== null) return;
  const heads = table.querySelectorAll("thead tr");
  const rows = [...table.querySelectorAll("tbody tr")];
  if (heads.length !== 1 || rows.length === 0 || rows.length > mostRows) return undefined;
  const textsOf = (row: Element | undefined) => [...(row?.children ?? [])].map((cell) => cell.textContent ?? "");
  return {
    columns: textsOf(heads[0]),
    rows: rows.map(textsOf),
    caption: page.querySelector("p")?.textContent ?? "",
  };
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

/** Numbers by their size, and texts as people sort them; what is missing comes last. */
export function sorted(rows: Frame["rows"], column: number, down: boolean): Frame["rows"] {
  const collator = new Intl.Collator(undefined, { numeric: true });
  const textAt = (row: readonly string[]) => row[column]?.trim() ?? "";
  return rows.toSorted((one, other) => {
    const [left, right] = [textAt(one), textAt(other)];
    if (isMissing(left) || isMissing(right)) return Number(isMissing(left)) - Number(isMissing(right));
    const difference = Number(left) - Number(right);
    const order = Number.isNaN(difference) ? collator.compare(left, right) : difference;
    return down ? -order : order;
  });
}

/** What pandas writes where there is no value. */
function isMissing(text: string): boolean {
  return ["", "NaN", "None", "NaT", "<NA>"].includes(text.trim());
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
    const isFormula = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(text) && !Number.isFinite(Number(text));
    const safe = (isFormula ? `'${text}` : text).replace(/([;\t|])(?=\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g, "$1'");
    return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns, ...rows].map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");
}
