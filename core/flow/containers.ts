/** What a block of Markdown stands in: a quote, or an item of a list whose content begins so many columns in. */
type Container = "quote" | number;

const quote = /^ {0,3}> ?/;
const item = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?= |$)/;
const rule = /^ {0,3}([-*_])(?: *\1){2,} *$/;
/** Fences and headings, which end a paragraph. */
const other = /^ {0,3}(`{3,}[^`]*$|~{3,}|#{1,6}( |$))/;
/** Containers within each other that are followed: nobody reads more, and each is looked for on every line. */
const deepest = 32;
/** A line's beginning that may still become a marker. */
const partOfItem = /^ *(?:[-*+]|\d{1,9}[.)]?)$/;

/**
 * Follows the quotes and lists that lines of Markdown stand in, and takes their markers off, as CommonMark has it. What
 * a marker may not interrupt is not looked at.
 */
export class Containers {
  #stack: readonly Container[] = [];
  /** Whether a paragraph is under way, which goes on on lines without markers. */
  #paragraph = false;

  /** A line outside any block: what stands behind its markers. The line's containers are those of what follows. */
  enter(line: string): string {
    const { stack, rest, marked } = this.#look(line);
    const words = rest.trim() !== "" && !other.test(rest) && !rule.test(rest);
    const goesOn = this.#paragraph && words && !marked;
    if (!goesOn) this.#stack = stack;
    this.#paragraph = words && (goesOn || !/^ {4}/.test(rest));
    return rest;
  }

  /** The same for a line that is still being written; undefined while it may be nothing but markers. */
  peek(start: string): string | undefined {
    const { rest } = this.#look(start);
    return rest.trim() === "" || partOfItem.test(rest) ? undefined : rest;
  }

  /**
   * A line of a block: what stands behind the markers of the block's containers. Undefined where the line is outside of
   * them, so that the block has ended. `lenient`: lines that are indented less than their list stay.
   */
  inside(line: string, lenient: boolean): string | undefined {
    let rest = line;
    for (const container of this.#stack) {
      const inner = within(container, rest) ?? (lenient && container !== "quote" ? rest.trimStart() : undefined);
      if (inner === undefined) return undefined;
      rest = inner;
    }
    return rest;
  }

  #look(line: string): { readonly stack: readonly Container[]; readonly rest: string; readonly marked: boolean } {
    const stack: Container[] = [];
    let rest = line;
    for (const container of this.#stack) {
      const inner = within(container, rest);
      if (inner === undefined) break;
      stack.push(container);
      rest = inner;
    }
    for (let marked = false; ; marked = true) {
      if (stack.length >= deepest) return { stack, rest, marked };
      const quoted = quote.exec(rest)?.[0];
      const width = quoted === undefined && !rule.test(rest) ? widthOf(rest) : undefined;
      if (quoted === undefined && width === undefined) return { stack, rest, marked };
      stack.push(width ?? "quote");
      rest = rest.slice(width ?? quoted?.length);
    }
  }
}

/** What stands in the container on this line; undefined where the line is outside. */
function within(container: Container, line: string): string | undefined {
  if (container === "quote") {
    const marker = quote.exec(line)?.[0];
    return marker === undefined ? undefined : line.slice(marker.length);
  }
  if (line.trim() === "") return line.slice(Math.min(container, /^ */.exec(line)?.[0].length ?? 0));
  return line.slice(0, container).trim() === "" ? line.slice(container) : undefined;
}

/** How far in the content of a list's item begins; undefined where the line begins none. */
function widthOf(line: string): number | undefined {
  const marker = item.exec(line)?.[0];
  if (marker === undefined) return undefined;
  const spaces = /^ */.exec(line.slice(marker.length))?.[0].length ?? 0;
  const empty = line.trim() === marker.trim();
  return marker.length + (empty || spaces > 4 ? 1 : spaces);
}

/** A line without the indentation that its block began with, as far as it has it. */
export function outdented(line: string, indent: number): string {
  let at = 0;
  while (at < indent && /[ \t]/.test(line[at] ?? "")) at += 1;
  return line.slice(at);
}
