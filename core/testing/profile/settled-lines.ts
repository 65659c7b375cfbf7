import { createHash } from "node:crypto";
import type { EventData, EventType, RunEvent } from "../../contract/event.ts";
import { plural } from "../../kit/text/plural.ts";
import { settledParts, Transcript, TranscriptText } from "../../kit/transcript/index.ts";

/** One event as a test sees it: pieces of one text joined, and nothing in it that differs from run to run. */
export interface SettledLine {
  readonly source: string;
  readonly branch?: string;
  readonly type: EventType;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What tells of the moment and the machine, and not of what happened. */
const passing: { readonly [Type in EventType]?: readonly (keyof EventData[Type])[] } = {
  "run-start": ["session", "owner"],
  "exec-start": ["container"],
  "exec-end": ["wallMs", "cpuMs", "peakBytes"],
};

const streams: ReadonlySet<EventType> = new Set<EventType>(["exec-stdout", "exec-stderr"]);
const pieces: ReadonlySet<EventType> = new Set<EventType>(["text-delta", "reasoning-delta", "code-delta"]);

/**
 * The events that count, as lines that are the same for the same run. A loser's are left out, and branches that ran at
 * once follow each other by their paths. What a program printed stands before its end: standard output, then standard error.
 */
export function settledLines(events: readonly RunEvent[]): readonly SettledLine[] {
  const lost = new Set(
    events.flatMap((event) => (event.type === "branch-end" && isOver(event.data.status) && event.branch) || []),
  );
  const kept = events.filter(
    ({ branch = "" }) => ![...lost].some((path) => branch === path || branch.startsWith(`${path}.`)),
  );
  return joined(branchesInOrder(kept));
}

function isOver(status: EventData["branch-end"]["status"]): boolean {
  return status === "lost" || status === "cancelled";
}

/** Events between two of the run itself, those of each branch together. */
function branchesInOrder(events: readonly RunEvent[]): readonly RunEvent[] {
  const out: RunEvent[] = [];
  let side: RunEvent[] = [];
  const flush = (): void => {
    out.push(...side.sort((a, b) => comparePaths(a.branch ?? "", b.branch ?? "")));
    side = [];
  };
  for (const event of events) {
    if (event.branch !== undefined) side.push(event);
    else {
      flush();
      out.push(event);
    }
  }
  flush();
  return out;
}

function comparePaths(a: string, b: string): number {
  const [x, y] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let at = 0; at < Math.max(x.length, y.length); at += 1) {
    const difference = (x[at] ?? -1) - (y[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

interface Piece {
  line: SettledLine;
  text: string;
}

function joined(events: readonly RunEvent[]): readonly SettledLine[] {
  const lines: (SettledLine | Piece)[] = [];
  const printed = new Map<string, Piece>();
  for (const event of events) {
    const place = `${event.source} ${event.branch ?? ""}`;
    if (streams.has(event.type)) {
      const key = `${place} ${event.type}`;
      const piece = printed.get(key) ?? { line: lineOf(event), text: "" };
      printed.set(key, { ...piece, text: piece.text + textOf(event) });
      continue;
    }
    if (event.type === "exec-end") {
      for (const type of streams) {
        const piece = printed.get(`${place} ${type}`);
        if (piece !== undefined) lines.push(piece);
        printed.delete(`${place} ${type}`);
      }
    }
    const last = lines.at(-1);
    const goesOn = last !== undefined && "line" in last && pieces.has(event.type) && isSame(last.line, event);
    if (goesOn) last.text += textOf(event);
    else lines.push(pieces.has(event.type) ? { line: lineOf(event), text: textOf(event) } : lineOf(event));
  }
  return [...lines, ...printed.values()].map((each) =>
    "line" in each ? { ...each.line, data: { text: each.text } } : each,
  );
}

function isSame(line: SettledLine, event: RunEvent): boolean {
  return line.type === event.type && line.source === event.source && line.branch === event.branch;
}

function textOf({ data }: RunEvent): string {
  return contentOf(data as { readonly text?: string; readonly base64?: string });
}

/** Bytes that are no text stand as a character each. */
function contentOf({ text, base64 }: { readonly text?: string; readonly base64?: string }): string {
  return base64 === undefined ? (text ?? "") : Buffer.from(base64, "base64").toString("latin1");
}

function lineOf({ source, branch, type, data }: RunEvent): SettledLine {
  const dropped = new Set<string>(passing[type] ?? []);
  const kept = Object.fromEntries(Object.entries(data).filter(([key]) => !dropped.has(key)));
  return { source, ...(branch === undefined ? {} : { branch }), type, data: kept };
}

/** Characters of one value in a snapshot; a picture is told by its digest. */
const longest = 4_000;

/** Lines as text, for a snapshot that people read and compare. */
export function linesAsText(lines: readonly SettledLine[]): string {
  const rows = lines.map(({ source, branch, type, data }) => {
    const place = branch === undefined ? "" : `[${branch}] `;
    return `${place}${source}.${type} ${JSON.stringify(data, (_, value: unknown) => shortened(value))}\n`;
  });
  return rows.join("");
}

function shortened(value: unknown): unknown {
  if (typeof value !== "string" || value.length <= longest) return value;
  return `sha256:${createHash("sha256").update(value).digest("hex")} (${plural(value.length, "character")})`;
}

/** What the models said, and what the programs printed, as whoever asked reads it. */
export function textsOf(events: readonly RunEvent[]): { text: string; stdout: string; stderr: string } {
  const transcript = new Transcript();
  for (const event of events) transcript.push(event);
  const parts = settledParts(transcript.root);
  const text = new TranscriptText({ show: "text" });
  const printed = { stdout: "", stderr: "" };
  for (const part of parts) {
    if (!("kind" in part) || part.kind !== "program") continue;
    for (const piece of part.record.pieces) if (piece.kind !== "value") printed[piece.kind] += contentOf(piece.data);
  }
  return { text: parts.map((part) => text.part(part)).join(""), ...printed };
}
