import type { RunEvent } from "../../../../core/client/index.ts";
import { eventBounds, parseJson } from "../../../../core/client/index.ts";
import { ProgramOutput } from "./program-output.ts";

type DataOf<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>["data"];

interface Block {
  readonly key: string;
  readonly seq: number;
  readonly time: string;
  readonly source: string;
  readonly branch?: string;
  /** Made void by a rewind: another attempt follows. */
  void?: true;
}

export interface TextBlock extends Block {
  readonly kind: "text" | "reasoning";
  text: string;
}

export interface CodeBlock extends Block {
  readonly kind: "code";
  readonly language: string;
  text: string;
}

export interface ExecBlock extends Block {
  readonly kind: "exec";
  readonly start: DataOf<"exec-start">;
  readonly output: ProgramOutput;
  end?: DataOf<"exec-end">;
}

export interface ResultBlock extends Block {
  readonly kind: "result";
  readonly data: Readonly<Record<string, unknown>>;
}

export interface NoteBlock extends Block {
  readonly kind: "note";
  readonly event: RunEvent;
}

export type AnyBlock = TextBlock | CodeBlock | ExecBlock | ResultBlock | NoteBlock;

/** A bar of the timeline; milliseconds since the run's start. */
export interface Bar {
  readonly source: string;
  readonly branch?: string;
  readonly kind: "model" | "exec";
  readonly from: number;
  to?: number;
  status?: "ok" | "failed";
}

export interface RunFile {
  readonly path: string;
  readonly size: number;
  readonly mime: string;
}

/** Events kept for the raw reading. */
const mostEvents = 20_000;

/** What a run's events say, folded as they come. */
export class RunModel {
  readonly blocks: AnyBlock[] = [];
  readonly bars: Bar[] = [];
  readonly marks: { readonly at: number; readonly kind: "error" | "rewind" }[] = [];
  readonly files = new Map<string, RunFile>();
  readonly models = new Set<string>();
  readonly events: RunEvent[] = [];
  start?: Extract<RunEvent, { type: "run-start" }>;
  end?: Extract<RunEvent, { type: "run-end" }>;
  /** The question that waits for an answer. */
  waiting?: Extract<RunEvent, { type: "input-request" | "approval-request" }>;
  /** Milliseconds since the start, of the newest event. */
  last = 0;
  dropped = 0;
  readonly #open = new Map<string, AnyBlock>();
  readonly #running = new Map<string, Bar>();

  push(event: RunEvent): void {
    this.events.push(event);
    if (this.events.length > mostEvents) {
      this.events.splice(0, mostEvents / 10);
      this.dropped += mostEvents / 10;
    }
    if (event.type === "run-start") this.start = event;
    const at = this.start === undefined ? 0 : Date.parse(event.time) - Date.parse(this.start.time);
    this.last = Math.max(this.last, at);
    this.#take(event, at);
  }

  /** The executions, in order. */
  get executions(): readonly ExecBlock[] {
    return this.blocks.filter((block): block is ExecBlock => block.kind === "exec");
  }

  #take(event: RunEvent, at: number): void {
    const place = `${event.source}/${event.branch ?? ""}`;
    switch (event.type) {
      case "model-start":
        this.models.add(event.data.model);
        this.#begin(place, { ...origin(event), kind: "model", from: at });
        break;
      case "model-end":
        this.#open.delete(place);
        this.#finish(place, at, "ok");
        break;
      case "text-delta":
      case "reasoning-delta":
        this.#write(place, event, event.type === "text-delta" ? "text" : "reasoning", event.data.text);
        break;
      case "text-end":
      case "code-end":
        this.#open.delete(place);
        break;
      case "code-start":
        this.#add(place, { ...block(event), kind: "code", language: event.data.language, text: "" });
        break;
      case "code-delta":
        this.#write(place, event, "code", event.data.text);
        break;
      case "exec-start":
        this.#begin(`exec ${place}`, { ...origin(event), kind: "exec", from: at });
        this.#add(`exec ${place}`, { ...block(event), kind: "exec", start: event.data, output: new ProgramOutput() });
        break;
      case "exec-stdout":
      case "exec-stderr":
        this.#output(`exec ${place}`, event);
        break;
      case "exec-end": {
        const open = this.#open.get(`exec ${place}`);
        if (open?.kind === "exec") open.end = event.data;
        this.#open.delete(`exec ${place}`);
        this.#finish(
          `exec ${place}`,
          at,
          event.data.status === "exited" && event.data.exitCode === 0 ? "ok" : "failed",
        );
        break;
      }
      case "exec-result":
        this.blocks.push({ ...block(event), kind: "result", data: event.data.data });
        break;
      case "exec-file":
        this.files.set(event.data.path, event.data);
        this.#note(event);
        break;
      case "rewind":
        this.#rewind(event, at);
        break;
      case "error":
        this.marks.push({ at, kind: "error" });
        this.#finish(place, at, "failed");
        this.#note(event);
        break;
      case "input-request":
      case "approval-request":
        this.waiting = event;
        this.#note(event);
        break;
      case "input-response":
      case "approval-response":
        delete this.waiting;
        this.#note(event);
        break;
      case "run-end":
        this.end = event;
        delete this.waiting;
        for (const bar of this.#running.values()) bar.to = at;
        this.#note(event);
        break;
      case "branch-end":
        this.#close(event.branch);
        this.#note(event);
        break;
      case "run-start":
      case "branch-start":
      case "gap":
        this.#note(event);
        break;
    }
  }

  #write(place: string, event: RunEvent, kind: "text" | "reasoning" | "code", text: string): void {
    const open = this.#open.get(place);
    if (open !== undefined && open.kind === kind && "text" in open) {
      open.text += text;
      return;
    }
    const made = kind === "code" ? { kind, language: "", text } : { kind, text };
    this.#add(place, { ...block(event), ...made } as AnyBlock);
  }

  #output(place: string, event: Extract<RunEvent, { type: "exec-stdout" | "exec-stderr" }>): void {
    const open = this.#open.get(place);
    if (open?.kind !== "exec") return;
    const { text, base64 } = event.data;
    open.output.write(text ?? `[${base64?.length ?? 0} base64]`, event.type === "exec-stderr" ? "stderr" : "stdout");
  }

  /** What the branch has said since is void, and what it does is over; other branches go on. */
  #rewind(event: Extract<RunEvent, { type: "rewind" }>, at: number): void {
    for (const each of this.blocks) {
      if (each.seq >= event.data.from && isWithin(each.branch, event.branch)) each.void = true;
    }
    this.#close(event.branch);
    for (const [place, bar] of this.#running) if (isWithin(bar.branch, event.branch)) this.#finish(place, at, "failed");
    this.marks.push({ at, kind: "rewind" });
    this.#note(event);
  }

  /** Nothing more is written to what a branch has begun. */
  #close(branch: string | undefined): void {
    for (const [place, open] of this.#open) if (isWithin(open.branch, branch)) this.#open.delete(place);
  }

  #add(place: string, made: AnyBlock): void {
    this.#open.set(place, made);
    this.blocks.push(made);
  }

  #note(event: RunEvent): void {
    this.blocks.push({ ...block(event), kind: "note", event });
  }

  #begin(place: string, bar: Bar): void {
    this.#running.set(place, bar);
    this.bars.push(bar);
  }

  #finish(place: string, at: number, status: "ok" | "failed"): void {
    const bar = this.#running.get(place);
    if (bar === undefined) return;
    bar.to = at;
    bar.status = status;
    this.#running.delete(place);
  }
}

/** Whether a branch is `of`, or lies inside of it; the whole run is around all of them. */
function isWithin(branch: string | undefined, of: string | undefined): boolean {
  return of === undefined || branch === of || (branch?.startsWith(`${of}.`) ?? false);
}

function origin({ source, branch }: RunEvent) {
  return { source, ...(branch === undefined ? {} : { branch }) };
}

function block(event: RunEvent): Block {
  return { key: String(event.seq), seq: event.seq, time: event.time, ...origin(event) };
}

/** A run that was exported to a file. */
export interface Bundle {
  readonly format: "sluicebox-run";
  readonly version: 1;
  readonly exported: string;
  readonly run: RunRecord;
  readonly events: readonly RunEvent[];
}

export interface RunRecord {
  readonly run: string;
  readonly flow: string;
  readonly session: string;
  readonly input: string;
  readonly status: string;
  readonly started: string;
  readonly ended?: string;
  readonly exitCode?: number | null;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly estimated?: boolean };
  readonly lastSeq: number;
}

/** @throws Error that says what is wrong with it */
export function readBundle(text: string): Bundle {
  const value = parseJson(text, eventBounds) as Partial<Bundle> | null;
  if (value?.format !== "sluicebox-run" || value.version !== 1 || !Array.isArray(value.events)) {
    throw new Error("not a run that Sluicebox exported");
  }
  return value as Bundle;
}
