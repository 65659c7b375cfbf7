import { printable } from "../../core/kit/index.ts";

/** Columns as wide as their widest cell, two spaces apart, the last one ragged. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = (cell: string): number => cell.length;
  // What stands in a table was written by models, programs and other hosts.
  const all = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ""))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
      .join("  ")
      .trimEnd();
  return `${all.map(line).join("\n")}\n`;
}
