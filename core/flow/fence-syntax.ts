import { isProse, isRunnable, languageOfLine } from "../kit/text/code-language.ts";

/** A line that begins a block. */
export interface FenceStart {
  /** What closes it. */
  readonly marker: string;
  /** Characters before it, which its lines have as well where it stands in a list. */
  readonly indent: number;
  readonly label: string;
  readonly prose: boolean;
  /** Code that stands on the line itself, where models forget to break it. */
  readonly code?: string;
  /** Whether the block ends on the line it began on. */
  readonly closed?: boolean;
}

const fence = /^([ \t]*)(`{3,}|~{3,}|''')[ \t]*(.*)$/;
const labelled = /^\{?\.?([\w+#.-]*)(.*)$/;
const tag = /^([ \t]*)<code(?:\s+(?:lang|language)=["']?([\w+#.-]+)["']?)?>(.*)$/i;
/** Longer lines are no fences, so that nothing is held for long. */
const longest = 200;

/** `repair`: whether code will run, so that what was meant counts more than what was written. */
export function openingOf(line: string, repair: boolean): FenceStart | undefined {
  const fenced = fence.exec(line);
  if (fenced) return openingOfFence(fenced[1] ?? "", fenced[2] ?? "", fenced[3] ?? "", repair);
  const tagged = tag.exec(line);
  if (!tagged) return undefined;
  const rest = (tagged[3] ?? "").trim();
  if (rest !== "" && !repair) return undefined;
  const label = (tagged[2] ?? "").toLowerCase();
  const code = rest.replace(/<\/code>$/i, "");
  return {
    marker: "</code>",
    indent: (tagged[1] ?? "").length,
    label,
    prose: isProse(label),
    ...(code === "" ? {} : { code }),
    ...(code === rest ? {} : { closed: true }),
  };
}

function openingOfFence(space: string, marker: string, info: string, repair: boolean): FenceStart | undefined {
  if (!repair && space.length > 3) return undefined;
  const [, word = "", after = ""] = labelled.exec(info) ?? [];
  const label = word.toLowerCase();
  const opening = { marker, indent: space.length, label, prose: isProse(label) };
  if (marker === "'''") return repair && isRunnable(label) && after.trim() === "" ? opening : undefined;
  const rest = after.trim();
  if (marker.startsWith("`") && info.includes("`")) {
    // To Markdown this is a span of text; with a language and code in it, it is a block without its line breaks.
    const ended = rest.endsWith(marker) && !rest.slice(0, -marker.length).includes("```");
    const whole = repair && ended && isRunnable(label) && after.startsWith(" ");
    return whole ? { ...opening, code: rest.slice(0, -marker.length).trim(), closed: true } : undefined;
  }
  return repair && isRunnable(label) && languageOfLine(rest) !== undefined ? { ...opening, code: rest } : opening;
}

/** Whether a line that begins so may still turn out to begin a block. */
export function mayOpen(start: string, repair: boolean): boolean {
  const text = start.trimStart();
  if (start.length > longest) return false;
  if (/^(`{1,2}|~{1,2})$/.test(text) || /^(```|~~~)/.test(text)) return true;
  if (repair && /^'{1,3}\w*\s*$/.test(text)) return true;
  const lower = text.toLowerCase();
  return "<code".startsWith(lower) || /^<code(\s[^>]*)?>?\s*$/.test(lower) || (repair && /^<code[\s>]/.test(lower));
}

/** Whether a line closes the block. A fence may be longer than the one that began it. */
export function closes(line: string, { marker, indent }: FenceStart): boolean {
  const text = line.trim();
  if (marker === "</code>") return text.toLowerCase() === marker;
  // What begins deeper than a fence may stand has its own idea of where lines begin.
  const space = line.length - line.trimStart().length;
  if (space > (indent > 3 ? indent + 3 : 3)) return false;
  return text.length >= marker.length && text === (marker[0] ?? "").repeat(text.length);
}

/** Whether a line that begins so may still close the block, or begin the next without closing it. */
export function mayClose(start: string, { marker }: FenceStart): boolean {
  const text = start.trim().toLowerCase();
  if (marker === "</code>") return marker.startsWith(text);
  return start.length <= longest && text[0] === marker[0] && /^(`+|~+|'+)[\w+#.-]*$/.test(text);
}

/** A line that begins a block although the one before it was not closed. */
export function reopens(line: string, { marker }: FenceStart): boolean {
  const label = /^\s*```([\w+#.-]+)\s*$/.exec(line)?.[1];
  return marker === "```" && label !== undefined && isRunnable(label);
}

/** Splits off a marker that ends a line of code and closes its block. */
export function gluedClose(line: string, { marker }: FenceStart): string | undefined {
  const text = line.trimEnd();
  if (marker === "</code>") return text.toLowerCase().endsWith(marker) ? text.slice(0, -marker.length) : undefined;
  if (!marker.startsWith("`") || !text.endsWith(marker)) return undefined;
  const before = text.slice(0, -marker.length);
  return before.endsWith("`") || before.trim() === "" ? undefined : before;
}

/** Where a line's end may be the beginning of such a marker; its length when it is not. */
export function gluedCloseAt(text: string, { marker }: FenceStart): number {
  const pattern = marker === "</code>" ? /<\/?c?o?d?e?>?[ \t]*$/i : marker.startsWith("`") ? /`+[ \t]*$/ : undefined;
  return pattern ? endMatching(text, pattern) : text.length;
}

/** Where the end of a text begins that matches; its length when none does. What is held back is no longer than a fence. */
function endMatching(text: string, pattern: RegExp): number {
  const from = Math.max(0, text.length - longest);
  const at = text.slice(from).search(pattern);
  return at < 0 ? text.length : from + at;
}

/** A fence that begins in the middle of a line: what stands before it, and its label. */
export function openingAfterText(line: string): { readonly before: string; readonly opening: FenceStart } | undefined {
  const text = line.trimEnd();
  const end = text.slice(-longest);
  const found = /(`{3,})[ \t]*([\w+#.-]+)$/.exec(end);
  if (found === null) return undefined;
  const [, marker = "", word = ""] = found;
  const label = word.toLowerCase();
  if (!isRunnable(label)) return undefined;
  const before = text.slice(0, text.length - end.length + found.index);
  return { before, opening: { marker, indent: 0, label, prose: false } };
}

/** Where a line's end may be the beginning of such a fence; its length when it is not. */
export function openingAfterTextAt(text: string): number {
  return endMatching(text, /`{1,2}$|`{3,}[ \t]*[\w+#.-]*[ \t]*$/);
}
