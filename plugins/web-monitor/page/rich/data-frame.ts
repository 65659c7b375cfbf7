export interface Frame {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What stands below it, such as "1000 rows × 4 columns". */
  readonly caption: string;
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

/** Numbers by their size, and texts as people sort them; what is missing comes last. */
export function sorted(rows: Frame["rows"], column: number, down: boolean): Frame["rows"] {
  const collator = new Intl.Collator(undefined, { numeric: true });
  const textAt = (row: readonly string[]) => row[column]?.trim() ?? "";
  const isMissing = (text: string) => text === "" || text === "NaN" || text === "None" || text === "NaT";
  return rows.toSorted((one, other) => {
    const [left, right] = [textAt(one), textAt(other)];
    if (isMissing(left) || isMissing(right)) return Number(isMissing(left)) - Number(isMissing(right));
    const difference = Number(left) - Number(right);
    const order = Number.isNaN(difference) ? collator.compare(left, right) : difference;
    return down ? -order : order;
  });
}

/** As RFC 4180 says. A text that a spreadsheet would take for a formula is kept from being one. */
export function csvOf({ columns, rows }: Frame): string {
  const cellOf = (text: string) => {
    const isFormula = /^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text));
    const safe = isFormula ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [columns, ...rows].map((row) => `${row.map(cellOf).join(",")}\r\n`).join("");
}
