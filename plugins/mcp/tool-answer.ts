import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/server";
import type { ErrorBody, RunEvent } from "../../core/contract/index.ts";
import {
  type Lane,
  type Part,
  parseJson,
  plural,
  printable,
  settledParts,
  Transcript,
  TranscriptText,
} from "../../core/kit/index.ts";
import { ToolText } from "./bounded-text.ts";
import { Allowance, BoundedRecord } from "./program-record.ts";

/** Values of one answer, pictures among them; what comes beyond is counted. */
const mostValues = 400;
/** Base64 characters of all pictures of one answer. */
const mostPictures = 8 * 1024 * 1024;

/**
 * A run as the content of a tool's answer: what models said, their code, what programs printed and showed. Only
 * branches that ended well count.
 */
export class ToolAnswer {
  readonly #limit: number;
  readonly #allowance = new Allowance(mostValues, mostPictures);
  readonly #transcript: Transcript<BoundedRecord>;

  /** `limit`: characters of text in all. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#transcript = new Transcript(() => new BoundedRecord(limit, this.#allowance));
  }

  observe(event: RunEvent): void {
    this.#transcript.push(event);
  }

  /** The answer as it stands; `running` for a run that has not ended. */
  result(run: string, session: string | undefined): CallToolResult {
    const end = this.#transcript.end?.data;
    const failed = end !== undefined && end.status !== "ok";
    const content = this.#content();
    content.push({ type: "text", text: this.#closing(run, session) });
    const { status, exitCode, signal } = end ?? {};
    const told = {
      run,
      session,
      status: status ?? "running",
      exitCode,
      signal,
      files: [...this.#transcript.files.values()],
    };
    // Through JSON, because undefined is no value of the protocol.
    const meta = parseJson(JSON.stringify({ "sluicebox/run": told })) as Record<string, unknown>;
    return { content, _meta: meta, ...(failed ? { isError: true } : {}) };
  }

  #content(): ContentBlock[] {
    const blocks = settledParts(this.#transcript.root).flatMap((part) => blocksOf(part));
    const share = new Share(this.#limit, blocks.filter(({ type }) => type === "text").length);
    return blocks.map((block): ContentBlock => {
      if (block.type !== "text") return block;
      return { type: "text", text: `${block.head ?? ""}${share.cut(block.text)}` };
    });
  }

  /** The last line: what became of the run, and what a caller can go on with. */
  #closing(run: string, session: string | undefined): string {
    const { end, error, files, missing, programs } = this.#transcript;
    const lines: string[] = [];
    const failed = end !== undefined && end.data.status !== "ok";
    if (failed && error) lines.push(errorLine(error.data));
    lines.push(`run ${run}: ${this.#verdict()}`);
    if (files.size > 0) {
      lines.push(
        `files: ${[...files.values()].map(({ path, size }) => `${printable(path)} (${plural(size, "byte")})`).join(", ")}`,
      );
    }
    const stateLost = programs.findLast((program) => program.end !== undefined)?.end?.stateLost ?? false;
    if (stateLost && session !== undefined) lines.push("variables of the session are lost; its files are kept");
    const { leftOut } = this.#allowance;
    if (leftOut > 0) lines.push(`${plural(leftOut, "more result is", "more results are")} left out`);
    if (missing > 0) lines.push(`${plural(missing, "event is", "events are")} missing: no longer kept`);
    return lines.join("\n");
  }

  #verdict(): string {
    const { end } = this.#transcript;
    if (end === undefined) return "running";
    const { status, exitCode, signal, reason } = end.data;
    const code = typeof exitCode === "number" ? `, exit code ${exitCode}` : signal ? `, signal ${signal}` : "";
    return `${status}${code}${reason === undefined || status === "ok" ? "" : ` (${reason})`}`;
  }
}

type Block =
  | { readonly type: "text"; readonly text: string; readonly head?: string }
  | Extract<ContentBlock, { type: "image" }>;

/** A part as blocks of content; what says nothing has none. */
function blocksOf(part: Part<BoundedRecord> | Lane<BoundedRecord>): readonly Block[] {
  if (!("kind" in part)) return [{ type: "text", text: `${part.label}:` }];
  if (part.kind === "text" || part.kind === "code") {
    const text = new TranscriptText({ show: "code" }).part(part);
    return text === "" ? [] : [{ type: "text", text: text.replace(/\n$/, "") }];
  }
  if (part.kind !== "program") return [];
  const { stdout, stderr, shown } = part.record;
  return [
    ...(stdout.empty ? [] : [{ type: "text" as const, text: stdout.toString() }]),
    ...(stderr.empty ? [] : [{ type: "text" as const, text: stderr.toString(), head: "stderr:\n" }]),
    ...shown.map(
      ({ content }): Block =>
        typeof content === "string" ? { type: "text", text: content } : { type: "image", ...content },
    ),
  ];
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
    const bounded = new ToolText(most);
    bounded.append(text);
    return bounded.toString();
  }
}

export function errorLine({ code, message, cure }: Pick<ErrorBody, "code" | "message" | "cure">): string {
  return `error[${code}]: ${message}. ${cure}`;
}
