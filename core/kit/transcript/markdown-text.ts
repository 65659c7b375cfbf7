import type { EventData } from "../../contract/event.ts";
import { missingEvents } from "../text/plural.ts";
import { type Part, succeeded, type TranscriptEvent } from "./parts.ts";
import type { WholeRecord } from "./program-record.ts";
import { Transcript } from "./transcript.ts";
import { outputText } from "./transcript-text.ts";

type WholePart = Part<WholeRecord>;
/** A program with all of its output. */
export type WholeProgram = Extract<WholePart, { kind: "program" }>;

/** What is valid of a run, in order. Code that a model wrote and that then ran stands once, as what ran. */
export function validParts(events: Iterable<TranscriptEvent>): readonly WholePart[] {
  const transcript = new Transcript();
  for (const event of events) transcript.push(event);
  const { parts } = transcript;
  const ran = new Set(parts.flatMap((part) => (part.kind === "program" ? [part.start.code.trim()] : [])));
  return parts.filter((part) => !part.void && !(part.kind === "code" && ran.has(part.text.trim())));
}

/**
 * A run as blocks of Markdown, pictures included. Output stands in fences that nothing in it can end.
 * @param plain what a terminal would show of output, without its colours
 */
export function markdownBlocks(events: Iterable<TranscriptEvent>, plain: (output: string) => string): string[] {
  return validParts(events).flatMap((part) => {
    const text = part.kind === "program" ? programOf(part, plain) : markdownWords(part);
    return text === "" ? [] : [text];
  });
}

function programOf({ start, record, end }: WholeProgram, plain: (output: string) => string): string {
  const blocks = [fenced(start.code, start.language)];
  let printed = "";
  const flush = () => {
    if (printed.trim() !== "") blocks.push(fenced(plain(printed), "text"));
    printed = "";
  };
  for (const piece of record.pieces) {
    if (piece.kind === "value") {
      flush();
      blocks.push(shownValue(piece.value.data));
    } else printed += outputText(piece.data);
  }
  flush();
  if (end !== undefined) blocks.push(endOf(end));
  return blocks.filter((block) => block !== "").join("\n\n");
}

/** Why a program did not do what it was written for. */
function endOf(end: EventData["exec-end"]): string {
  if (end.error !== undefined) return `**${end.error.name}**: ${inline(end.error.message)}`;
  if (succeeded(end)) return "";
  return end.status === "exited" ? `**exit code ${end.exitCode}**` : `**${end.signal ?? end.status}**`;
}

const pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];

function shownValue(data: Readonly<Record<string, unknown>>): string {
  const mime = pictures.find((each) => typeof data[each] === "string");
  if (mime !== undefined) return `![${mime}](data:${mime};base64,${String(data[mime]).replace(/\s/g, "")})`;
  const markdown = data["text/markdown"];
  if (typeof markdown === "string") return markdown;
  const text = data["text/plain"];
  return fenced(typeof text === "string" ? text : JSON.stringify(data, null, 2), "text");
}

/** What a part says in words; nothing for what only tells of the order of things. */
export function markdownWords(part: WholePart): string {
  switch (part.kind) {
    case "text":
      return part.text.trim();
    case "reasoning":
      return quoted(part.text.trim());
    case "code":
      return fenced(part.text, part.language);
    case "note":
      return noteOf(part.event);
    default:
      return "";
  }
}

function noteOf(event: Extract<WholePart, { kind: "note" }>["event"]): string {
  switch (event.type) {
    case "run-start": {
      const { text, code } = event.data.input;
      // A program that was given is told where it runs.
      return code === undefined ? questionOf(text ?? "") : "";
    }
    case "error":
      return `**${event.data.code}**: ${inline(event.data.message)}`;
    case "gap": {
      const missing = missingEvents(event.data);
      return `**${missing.charAt(0).toUpperCase()}${missing.slice(1)}**: ${inline(event.data.reason ?? "")}`;
    }
    case "exec-file":
      return `*${inline(event.data.path)}*`;
    case "input-response":
      return event.data.text === null ? "" : fenced(event.data.text, "text");
    default:
      return "";
  }
}

/** The first line as a heading, and what else was asked as a quotation. */
function questionOf(text: string): string {
  const [first = "", ...rest] = text.trim().split("\n");
  const more = rest.join("\n").trim();
  return `## ${inline(first)}${more === "" ? "" : `\n\n${quoted(inlineLines(more))}`}`;
}

function quoted(text: string): string {
  return text
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}

/** A fence that is longer than any within. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** Text in which nothing is Markdown. */
function inline(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, "\\$&").replace(/\s*\n\s*/g, " ");
}

/** The same, line by line: two spaces at the end of one are a line break. */
function inlineLines(text: string): string {
  return text
    .split("\n")
    .map((line) => `${inline(line.trimEnd())}  `)
    .join("\n")
    .trimEnd();
}
