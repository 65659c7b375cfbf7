import stringWidth from "string-width";
import { printable } from "../../core/kit/index.ts";

const segments = new Intl.Segmenter();

/** Foreign text in lines of at most `width` cells, broken at spaces where there are any; nothing in it is obeyed. */
export function wrap(text: string, width: number): string[] {
  const clean = text.replace(/\r\n?/g, "\n").replaceAll("\t", "    ").trimEnd();
  return clean.split("\n").flatMap((line) => wrapLine(printable(line), width));
}

function wrapLine(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let cells = 0;
  for (const { segment } of segments.segment(text)) {
    const more = stringWidth(segment);
    if (cells + more > width && line !== "") {
      const space = segment === " " ? line.length : line.lastIndexOf(" ");
      const rest = space > 0 ? line.slice(space).trimStart() : "";
      lines.push(space > 0 ? line.slice(0, space).trimEnd() : line);
      line = rest;
      cells = stringWidth(rest);
      if (segment === " ") continue;
    }
    line += segment;
    cells += more;
  }
  return [...lines, line];
}

/** Lists of lines beside each other, each `width` cells wide, with a rule between; no line ends in spaces. */
export function beside(columns: readonly (readonly string[])[], width: number): string[] {
  const height = Math.max(0, ...columns.map(({ length }) => length));
  return Array.from({ length: height }, (_, row) =>
    columns
      .map((column) => column[row] ?? "")
      .map((line) => line + " ".repeat(Math.max(0, width - stringWidth(line))))
      .join(" │ ")
      .trimEnd(),
  );
}

/** The fewest cells in which an answer still reads well. */
const narrowest = 32;

/** How wide a column may be on a terminal of `cells`; undefined where `count` of them have no room side by side. */
export function columnWidth(cells: number, count: number): number | undefined {
  const width = Math.floor((cells - 3 * (count - 1)) / count);
  return count > 1 && width >= narrowest ? width : undefined;
}
