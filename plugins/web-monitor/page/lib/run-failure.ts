import { succeeded, type TranscriptEventOf } from "../../../../core/kit/transcript/index.ts";
import type { RunModel } from "./run-model.ts";
import type { RunProgram } from "./run-parts.ts";

/** Limits of a sandbox that end a program, and the options that set them. */
const limits: Readonly<Record<string, string>> = { oom: "memory", timeout: "timeout" };

export type RunFailure =
  | { readonly kind: "error"; readonly error: TranscriptEventOf<"error">["data"] }
  | {
      readonly kind: "program";
      readonly source: string;
      readonly end: NonNullable<RunProgram["end"]>;
      /** The option of the sandbox whose limit was hit. */
      readonly option?: string;
    }
  | { readonly kind: "end"; readonly status: string; readonly reason?: string };

/** Ends that the run itself came to, whatever had failed in it before. */
const endsOfRun = new Set(["timeout", "budget", "lost"]);

/** Why a run that has ended came to nothing; undefined for one that did not fail. */
export function failureOf({ transcript }: RunModel): RunFailure | undefined {
  const { end, parts } = transcript;
  if (end === undefined || end.data.status === "ok" || end.data.status === "cancelled") return undefined;
  const { status, reason } = end.data;
  const isOfRun = endsOfRun.has(status);
  for (const part of parts.toReversed()) {
    if (part.void) continue;
    if (part.kind === "note" && part.event.type === "error" && (!isOfRun || part.event.data.message === reason))
      return { kind: "error", error: part.event.data };
    if (part.kind !== "program" || part.end === undefined || succeeded(part.end)) continue;
    // A program that failed before did not end the run; one that took too long, or was lost, did.
    if (isOfRun && part.end.status !== status) continue;
    const option = limits[part.end.status];
    return { kind: "program", source: part.source, end: part.end, ...(option === undefined ? {} : { option }) };
  }
  return { kind: "end", status, ...(reason === undefined ? {} : { reason }) };
}
