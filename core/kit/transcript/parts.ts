import type { Emission, EventData, EventType } from "../../contract/event.ts";
import type { ProgramRecord } from "./program-record.ts";

/** An event with its place in its run. Events of the journal have a time as well. */
export type TranscriptEvent = Emission & { readonly seq: number; readonly time?: string };

/** Narrows {@link TranscriptEvent} to one type. */
export type TranscriptEventOf<Type extends EventType> = Extract<TranscriptEvent, { type: Type }>;

interface PartPlace {
  /** `seq` of its first event, which names the part in its run. */
  readonly seq: number;
  readonly time?: string;
  readonly source: string;
  readonly branch?: string;
  /** Whether more of it may come. */
  open: boolean;
  /** Made void by a `rewind`: another attempt follows. */
  void?: true;
}

/** A model was asked; what it said stands in the parts that follow. */
export interface AnswerPart extends PartPlace {
  readonly kind: "answer";
  readonly model: string;
  end?: EventData["model-end"];
}

/** Words of an answer, or of the thoughts before it. */
export interface TextPart extends PartPlace {
  readonly kind: "text" | "reasoning";
  text: string;
}

/** One block of code of an answer. */
export interface CodePart extends PartPlace {
  readonly kind: "code";
  readonly language: string;
  text: string;
}

/** A program, and what it printed and showed. One without `end` that is not open was cut off. */
export interface ProgramPart<Record extends ProgramRecord = ProgramRecord> extends PartPlace {
  readonly kind: "program";
  readonly start: EventData["exec-start"];
  readonly record: Record;
  end?: EventData["exec-end"];
}

/** What is told of the run by one event. */
export interface NotePart extends PartPlace {
  readonly kind: "note";
  readonly event: TranscriptEvent;
}

/** One part of a transcript, in the order in which a person reads it. */
export type Part<Record extends ProgramRecord = ProgramRecord> =
  | AnswerPart
  | TextPart
  | CodePart
  | ProgramPart<Record>
  | NotePart;

/** One branch of a `race` or an `all`, and what happened in it. The run itself is the lane around all of them. */
export interface Lane<Record extends ProgramRecord = ProgramRecord> {
  /** The branch's path, such as `1.0`; empty for the run itself. */
  readonly branch: string;
  readonly label: string;
  status: "running" | EventData["branch-end"]["status"];
  readonly nodes: TranscriptNode<Record>[];
}

/** A part, or branches that ran at once. */
export type TranscriptNode<Record extends ProgramRecord = ProgramRecord> =
  | { readonly kind: "part"; readonly part: Part<Record> }
  | { readonly kind: "lanes"; readonly seq: number; readonly lanes: Lane<Record>[] };

/** Whether a branch is `of`, or lies inside of it; the run itself is around all of them. */
export function isWithin(branch: string | undefined, of: string | undefined): boolean {
  return of === undefined || branch === of || (branch?.startsWith(`${of}.`) ?? false);
}

/** The branch around this one; undefined for the run itself. */
export function branchAround(branch: string): string | undefined {
  const dot = branch.lastIndexOf(".");
  return dot < 0 ? undefined : branch.slice(0, dot);
}

/** Whether a branch that ended so is part of the answer. What a loser said is no answer. */
export function counts(status: Lane["status"]): boolean {
  return status === "won" || status === "ok";
}

/** Whether a program did what it was written for: it ended by itself, and with 0. */
export function succeeded(
  end: { readonly status: string; readonly exitCode: number | null } | undefined,
): end is { readonly status: "exited"; readonly exitCode: 0 } {
  return end?.status === "exited" && end.exitCode === 0;
}
