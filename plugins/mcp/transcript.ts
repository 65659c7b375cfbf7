import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/server";
import type { ErrorBody, EventOf, RunEvent } from "../../core/index.ts";
import { parseJson } from "../../core/index.ts";
import { BoundedText } from "./bounded-text.ts";
import { contentOfValue, type Picture } from "./values.ts";

type Piece =
  | { readonly kind: "said" | "code" | "stdout" | "stderr" | "value"; readonly seq: number; readonly text: BoundedText }
  | { readonly kind: "picture"; readonly seq: number; readonly picture: Picture };

/** Pieces of one answer, pictures among them; what comes beyond is counted. */
const mostPieces = 400;
/** Base64 characters of all pictures of one answer. */
const mostPictures = 8 * 1024 * 1024;

/**
 * Turns a run's events into the content of a tool's answer: what models said, their code, what programs printed and
 * showed. Of branches only those count that ended well.
 */
export class Transcript {
  readonly #limit: number;
  readonly #branches = new Map<string, { readonly label: string; readonly pieces: Piece[] }>();
  readonly #files = new Map<string, EventOf<"exec-file">["data"]>();
  #pieces: Piece[] = [];
  #pictures = 0;
  #leftOut = 0;
  #missing = 0;
  #stateLost = false;
  #error: ErrorBody | undefined;
  #end: EventOf<"run-end">["data"] | undefined;

  /** `limit`: characters of text in all. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  observe(event: RunEvent): void {
    const [top] = event.branch?.split(".") ?? [];
    const branch = top === undefined ? undefined : this.#branches.get(top);
    switch (event.type) {
      case "branch-start":
        if (event.branch === top && top !== undefined) this.#branches.set(top, { label: event.data.label, pieces: [] });
        return;
      case "branch-end":
        if (event.branch === top && top !== undefined) this.#branchEnded(top, event.data.status, event.seq);
        return;
      case "rewind":
        this.#rewind(event.data.from);
        return;
      case "exec-file":
        this.#files.set(event.data.path, event.data);
        return;
      case "exec-end":
        this.#stateLost = event.data.stateLost;
        return;
      case "error":
        this.#error = event.data;
        return;
      case "gap":
        this.#missing += event.data.to - event.data.from + 1;
        return;
      case "run-end":
        this.#end = event.data;
        return;
      default:
        this.#collect(event, branch?.pieces ?? this.#pieces);
    }
  }

  /** The answer as it stands; `running` for a run that has not ended. */
  result(run: string, session: string | undefined): CallToolResult {
    const failed = this.#end !== undefined && this.#end.status !== "ok";
    const content = this.#content();
    content.push({ type: "text", text: this.#closing(run, session) });
    const { status, exitCode, signal } = this.#end ?? {};
    const told = { run, session, status: status ?? "running", exitCode, signal, files: [...this.#files.values()] };
    // Through JSON, because undefined is no value of the protocol.
    const meta = parseJson(JSON.stringify({ "sluicebox/run": told })) as Record<string, unknown>;
    return { content, _meta: meta, ...(failed ? { isError: true } : {}) };
  }

  #collect(event: RunEvent, pieces: Piece[]): void {
    const { seq } = event;
    switch (event.type) {
      case "text-start":
      case "code-start": {
        const kind = event.type === "text-start" ? "said" : "code";
        const text = this.#open(pieces, kind, seq);
        if (event.type === "code-start") text?.append(`\`\`\`${event.data.language}\n`);
        return;
      }
      case "text-delta":
        this.#last(pieces, "said", seq)?.append(event.data.text);
        return;
      case "code-delta":
        this.#last(pieces, "code", seq)?.append(event.data.text);
        return;
      case "code-end": {
        const text = this.#last(pieces, "code", seq);
        text?.append(text.endsLine ? "```" : "\n```");
        return;
      }
      case "exec-start":
        // One of each for an execution: pieces by turns would be many, and hard to read.
        this.#open(pieces, "stdout", seq);
        this.#open(pieces, "stderr", seq);
        return;
      case "exec-stdout":
      case "exec-stderr": {
        const { text, base64 = "" } = event.data;
        const kind = event.type === "exec-stdout" ? "stdout" : "stderr";
        const bytes = Math.floor((base64.length * 3) / 4);
        this.#last(pieces, kind, seq)?.append(text ?? `[${bytes} bytes that are not text]`);
        return;
      }
      case "exec-result":
        this.#show(event, pieces);
        return;
    }
  }

  #show(event: EventOf<"exec-result">, pieces: Piece[]): void {
    const content = contentOfValue(event.data.data);
    if (content === undefined) return;
    if (typeof content === "string") {
      this.#open(pieces, "value", event.seq)?.append(content);
      return;
    }
    if (pieces.length >= mostPieces || this.#pictures + content.data.length > mostPictures) {
      this.#leftOut += 1;
      return;
    }
    this.#pictures += content.data.length;
    pieces.push({ kind: "picture", seq: event.seq, picture: content });
  }

  #open(pieces: Piece[], kind: Exclude<Piece["kind"], "picture">, seq: number): BoundedText | undefined {
    if (pieces.length >= mostPieces) {
      this.#leftOut += 1;
      return undefined;
    }
    const text = new BoundedText(this.#limit);
    pieces.push({ kind, seq, text });
    return text;
  }

  #last(pieces: Piece[], kind: Exclude<Piece["kind"], "picture">, seq: number): BoundedText | undefined {
    const last = pieces.findLast((piece) => piece.kind === kind);
    return last === undefined || last.kind === "picture" ? this.#open(pieces, kind, seq) : last.text;
  }

  #branchEnded(top: string, status: string, seq: number): void {
    const branch = this.#branches.get(top);
    this.#branches.delete(top);
    if (branch === undefined || (status !== "won" && status !== "ok")) return;
    if (status === "ok") this.#open(this.#pieces, "said", seq)?.append(`${branch.label}:`);
    this.#pieces.push(...branch.pieces);
  }

  #rewind(from: number): void {
    const kept = (piece: Piece) => piece.seq < from;
    this.#pieces = this.#pieces.filter(kept);
    for (const [name, branch] of this.#branches) {
      this.#branches.set(name, { ...branch, pieces: branch.pieces.filter(kept) });
    }
  }

  #content(): ContentBlock[] {
    const texts = this.#pieces.filter((piece) => piece.kind !== "picture" && !piece.text.empty).length;
    const share = new Share(this.#limit, texts);
    return this.#pieces.flatMap((piece): ContentBlock[] => {
      if (piece.kind === "picture") return [{ type: "image", ...piece.picture }];
      if (piece.text.empty) return [];
      const text = share.cut(piece.text.toString());
      return [{ type: "text", text: piece.kind === "stderr" ? `stderr:\n${text}` : text }];
    });
  }

  /** The last line: what became of the run, and what a caller can go on with. */
  #closing(run: string, session: string | undefined): string {
    const lines: string[] = [];
    const failed = this.#end !== undefined && this.#end.status !== "ok";
    if (failed && this.#error) lines.push(errorLine(this.#error));
    lines.push(`run ${run}: ${this.#verdict()}`);
    if (this.#files.size > 0) {
      lines.push(`files: ${[...this.#files.values()].map(({ path, size }) => `${path} (${size} bytes)`).join(", ")}`);
    }
    if (this.#stateLost && session !== undefined) lines.push("variables of the session are lost; its files are kept");
    if (this.#leftOut > 0) lines.push(`${this.#leftOut} more results are left out`);
    if (this.#missing > 0) lines.push(`${this.#missing} events are missing: they are no longer kept`);
    return lines.join("\n");
  }

  #verdict(): string {
    if (this.#end === undefined) return "running";
    const { status, exitCode, signal, reason } = this.#end;
    const code = typeof exitCode === "number" ? `, exit code ${exitCode}` : signal ? `, signal ${signal}` : "";
    return `${status}${code}${reason === undefined || status === "ok" ? "" : ` (${reason})`}`;
  }
}

/** Deals out the room of an answer: what short texts do not need goes to the long ones after them. */
class Share {
  #room: number;
  #left: number;

  constructor(room: number, texts: number) {
    this.#room = room;
    this.#left = texts;
  }

  cut(text: string): string {
    const most = Math.floor(this.#room / Math.max(1, this.#left));
    this.#left -= 1;
    this.#room -= Math.min(text.length, most);
    // The mark of what was cut already comes on top of the limit.
    if (text.length <= most + 64) return text;
    const bounded = new BoundedText(most);
    bounded.append(text);
    return bounded.toString();
  }
}

export function errorLine({ code, message, cure }: Pick<ErrorBody, "code" | "message" | "cure">): string {
  return `error[${code}]: ${message}. ${cure}`;
}
