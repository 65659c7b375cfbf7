import type { RunEvent } from "../../../../core/client/index.ts";
import { type AnswerPart, isWithin, type ProgramPart, succeeded } from "../../../../core/kit/transcript/index.ts";
import type { ProgramOutput } from "./program-output.ts";
import type { RunPart } from "./run-parts.ts";

interface SpanPlace {
  /** `seq` of the event that begins it, or that ends the wait. */
  readonly seq: number;
  readonly source: string;
  readonly branch?: string;
  /** Milliseconds since the run's start. */
  readonly from: number;
  to?: number;
}

/** `cut`: it was under way when its branch or the run ended, and has no end of its own. */
type SpanStatus = "ok" | "failed" | "cut";

/** A model that answered. */
export interface ModelSpan extends SpanPlace {
  readonly kind: "model";
  readonly part: AnswerPart;
  /** When its first piece came. */
  first?: number;
  status?: SpanStatus;
}

/** A program that ran. */
export interface ExecSpan extends SpanPlace {
  readonly kind: "exec";
  readonly part: ProgramPart<ProgramOutput>;
  status?: SpanStatus;
}

/** What was waited for: a turn, a sandbox, or a person. */
export interface WaitSpan extends SpanPlace {
  readonly kind: "turn" | "opening" | "person";
  status?: undefined;
}

export type Span = ModelSpan | ExecSpan | WaitSpan;

/** Milliseconds of waiting that are too few to be told. */
const least = 3;

/** When who was busy in a run, per branch, and what was waited for in between. */
export class RunSpans {
  readonly all: Span[] = [];
  readonly #running = new Map<RunPart, ModelSpan | ExecSpan>();
  readonly #asked = new Map<string, WaitSpan>();
  /** Since when nothing happens in a branch. */
  readonly #idle = new Map<string, number>();

  /** `part`: what the event belongs to; `at`: milliseconds since the run's start. */
  push(event: RunEvent, part: RunPart | undefined, at: number): void {
    const { type, branch = "" } = event;
    if (part !== undefined && part.seq === event.seq) this.#begin(part, at);
    switch (type) {
      case "text-delta":
      case "reasoning-delta":
      case "code-delta":
        this.#first(event, at);
        return;
      case "branch-start":
        this.#idle.set(branch, at);
        break;
      case "branch-end":
        this.#idle.set(parentOf(branch), at);
        break;
      case "input-request":
      case "approval-request":
        this.#ask(event, at);
        break;
      case "input-response":
      case "approval-response":
        this.#answer(event, at);
        break;
      default:
    }
    if (part?.kind === "note" || type === "model-end" || type === "exec-end") this.#finish(event, at);
  }

  #begin(part: RunPart, at: number): void {
    if (part.kind !== "answer" && part.kind !== "program") return;
    const { seq, source, branch } = part;
    const place = { seq, source, ...(branch === undefined ? {} : { branch }), from: at };
    const since = this.#idleSince(branch ?? "");
    if (at - since >= least) {
      this.all.push({ ...place, kind: part.kind === "answer" ? "turn" : "opening", from: since, to: at });
    }
    const span: ModelSpan | ExecSpan =
      part.kind === "answer" ? { ...place, kind: "model", part } : { ...place, kind: "exec", part };
    this.all.push(span);
    this.#running.set(part, span);
  }

  #first({ source, branch }: RunEvent, at: number): void {
    for (const span of this.#running.values())
      if (span.kind === "model" && span.source === source && span.branch === branch) span.first ??= at;
  }

  #ask({ seq, source, branch }: RunEvent, at: number): void {
    const span: WaitSpan = { seq, source, ...(branch === undefined ? {} : { branch }), kind: "person", from: at };
    this.all.push(span);
    this.#asked.set(`${source}\n${branch ?? ""}`, span);
  }

  #answer({ source, branch }: RunEvent, at: number): void {
    const place = `${source}\n${branch ?? ""}`;
    const key = this.#asked.has(place) ? place : ([...this.#asked.keys()].at(-1) ?? "");
    const span = this.#asked.get(key);
    if (span === undefined) return;
    span.to = at;
    this.#asked.delete(key);
    this.#idle.set(span.branch ?? "", at);
  }

  /** An answer is over with its end, or with an error in its branch. */
  #finish(event: RunEvent, at: number): void {
    for (const [part, span] of this.#running) {
      const isBroken = event.type === "error" && part.kind === "answer" && part.branch === event.branch;
      if (part.open && !isBroken) continue;
      span.to = at;
      span.status = isBroken ? "failed" : statusOf(span);
      this.#idle.set(span.branch ?? "", at);
      this.#running.delete(part);
    }
    if (event.type !== "run-end") return;
    for (const span of this.#asked.values()) span.to = at;
    this.#asked.clear();
  }

  #idleSince(branch: string): number {
    for (let place = branch; ; place = parentOf(place)) {
      const since = this.#idle.get(place);
      if (since !== undefined || place === "") return since ?? 0;
    }
  }
}

function parentOf(branch: string): string {
  return branch.slice(0, Math.max(0, branch.lastIndexOf(".")));
}

function statusOf({ part }: ModelSpan | ExecSpan): SpanStatus {
  if (part.end === undefined) return "cut";
  return part.kind === "answer" || succeeded(part.end) ? "ok" : "failed";
}

/** What had been said in a model's branch before it was asked; what another branch says at the same time is not. */
export function saidBefore(parts: readonly RunPart[], { part }: ModelSpan): readonly RunPart[] {
  const rewinds = parts.flatMap((each) =>
    each.kind === "note" && each.event.type === "rewind" && each.seq < part.seq ? [each.event] : [],
  );
  return parts.filter((each) => {
    if (each.seq >= part.seq || each.kind === "answer") return false;
    if (!isWithin(part.branch, each.branch) && !isWithin(each.branch, part.branch)) return false;
    return !rewinds.some(
      ({ seq, data, branch }) => each.seq >= data.from && each.seq < seq && isWithin(each.branch, branch),
    );
  });
}
