import type { RunEvent } from "../../../../core/client/index.ts";
import { eventBounds, parseJson } from "../../../../core/client/index.ts";
import { type Part, type ProgramPart, succeeded, Transcript } from "../../../../core/kit/transcript/index.ts";
import { ProgramOutput } from "./program-output.ts";

export type RunPart = Part<ProgramOutput>;
export type RunProgram = ProgramPart<ProgramOutput>;

/** A bar of the timeline; milliseconds since the run's start. */
export interface Bar {
  readonly source: string;
  readonly branch?: string;
  readonly kind: "model" | "exec";
  readonly from: number;
  to?: number;
  status?: "ok" | "failed";
}

/** Events kept for the raw reading. */
const mostEvents = 20_000;

/** What a run's events say: the transcript, and when who was busy. */
export class RunModel {
  readonly transcript = new Transcript(() => new ProgramOutput());
  readonly bars: Bar[] = [];
  readonly marks: { readonly at: number; readonly kind: "error" | "rewind" }[] = [];
  readonly events: RunEvent[] = [];
  /** Milliseconds since the start, of the newest event. */
  last = 0;
  dropped = 0;
  readonly #running = new Map<RunPart, Bar>();

  push(event: RunEvent): void {
    this.events.push(event);
    if (this.events.length > mostEvents) {
      this.events.splice(0, mostEvents / 10);
      this.dropped += mostEvents / 10;
    }
    const part = this.transcript.push(event);
    const { start } = this.transcript;
    const at = start?.time === undefined ? 0 : Date.parse(event.time) - Date.parse(start.time);
    this.last = Math.max(this.last, at);
    if (event.type === "error" || event.type === "rewind") this.marks.push({ at, kind: event.type });
    if (part !== undefined && part.seq === event.seq) this.#begin(part, at);
    if (part?.kind === "note" || event.type === "model-end" || event.type === "exec-end") this.#finish(event, at);
  }

  get start() {
    return this.transcript.start;
  }

  get end() {
    return this.transcript.end;
  }

  /** The question that waits for an answer. */
  get waiting() {
    return this.transcript.waiting;
  }

  get files() {
    return this.transcript.files;
  }

  get models() {
    return this.transcript.models;
  }

  /** The executions, in order. */
  get programs(): readonly RunProgram[] {
    return this.transcript.programs;
  }

  #begin(part: RunPart, at: number): void {
    if (part.kind !== "answer" && part.kind !== "program") return;
    const { source, branch } = part;
    const kind = part.kind === "answer" ? "model" : "exec";
    const bar: Bar = { source, kind, from: at, ...(branch === undefined ? {} : { branch }) };
    this.bars.push(bar);
    this.#running.set(part, bar);
  }

  /** An answer is over with its end, or with an error in its branch. */
  #finish(event: RunEvent, at: number): void {
    for (const [part, bar] of this.#running) {
      const isBroken = event.type === "error" && part.kind === "answer" && part.branch === event.branch;
      if (part.open && !isBroken) continue;
      bar.to = at;
      bar.status = !isBroken && isGood(part) ? "ok" : "failed";
      this.#running.delete(part);
    }
  }
}

function isGood(part: RunPart): boolean {
  if (part.kind === "program") return succeeded(part.end);
  return part.kind === "answer" && part.end !== undefined;
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
  readonly cost?: number | null;
  /** Why it failed. */
  readonly reason?: string;
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
