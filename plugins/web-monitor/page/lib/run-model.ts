import type { RunEvent } from "../../../../core/client/index.ts";
import { eventBounds, parseJson } from "../../../../core/client/index.ts";
import { Transcript } from "../../../../core/kit/transcript/index.ts";
import { ProgramOutput } from "./program-output.ts";
import type { RunProgram } from "./run-parts.ts";
import { RunSpans, type Span } from "./run-spans.ts";

/** Events kept for the raw reading. */
const mostEvents = 20_000;

/** What a run's events say: the transcript, and when who was busy. */
export class RunModel {
  readonly transcript = new Transcript(() => new ProgramOutput());
  readonly #spans = new RunSpans();
  readonly marks: { readonly at: number; readonly kind: "error" | "rewind" }[] = [];
  readonly events: RunEvent[] = [];
  /** Milliseconds since the start, of the newest event. */
  last = 0;
  dropped = 0;

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
    this.#spans.push(event, part, at);
  }

  /** Who was busy when, and what was waited for, in the order in which it began. */
  get spans(): readonly Span[] {
    return this.#spans.all;
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
  const fits =
    value?.format === "sluicebox-run" &&
    value.version === 1 &&
    isObject(value.run) &&
    Number.isSafeInteger(value.run.lastSeq ?? 0) &&
    Array.isArray(value.events) &&
    value.events.every(isEvent);
  if (!fits) throw new Error("not a run that Sluicebox exported");
  const bundle = value as Bundle;
  return { ...bundle, events: withGaps(bundle) };
}

/** As far as everything that reads events relies on it. */
function isEvent(value: unknown): boolean {
  if (!isObject(value) || !isObject(value["data"])) return false;
  const { seq, type, data } = value;
  return (
    Number.isSafeInteger(seq) && typeof type === "string" && (type !== "gap" || Number.isSafeInteger(data["from"]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the file does not have is an event of its own. So every reading and export says it. */
function withGaps({ events, run, exported }: Bundle): readonly RunEvent[] {
  const all: RunEvent[] = [];
  let before = 0;
  const missing = (to: number) => {
    const data = { from: before + 1, to, reason: "the file does not have them" };
    all.push({ run: run.run, seq: to, time: all.at(-1)?.time ?? exported, source: "core", type: "gap", data });
  };
  for (const event of events) {
    const first = event.type === "gap" ? event.data.from : event.seq;
    if (first > before + 1) missing(first - 1);
    all.push(event);
    before = Math.max(before, event.seq);
  }
  if (all.at(-1)?.type !== "run-end" && run.lastSeq > before) missing(run.lastSeq);
  return all;
}
