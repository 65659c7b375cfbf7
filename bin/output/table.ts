import stringWidth from "string-width";
import { printable } from "../../core/kit/index.ts";

/** Columns as wide as their widest cell, two spaces apart, the last one ragged. East Asian letters take two cells. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // What stands in a table was written by models, programs and other hosts.
  const all = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => stringWidth(row[column] ?? ""))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - stringWidth(cell))))
      .join("  ")
      .trimEnd();
  return `${all.map(line).join("\n")}\n`;
}
