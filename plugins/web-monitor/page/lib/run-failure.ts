import type { ExecBlock, NoteBlock, RunModel } from "./run-model.ts";

/** Limits of a sandbox that end a program, and the options that set them. */
const limits: Readonly<Record<string, string>> = { oom: "memory", timeout: "timeout" };

export type RunFailure =
  | { readonly kind: "error"; readonly error: Extract<NoteBlock["event"], { type: "error" }>["data"] }
  | {
      readonly kind: "program";
      readonly source: string;
      readonly end: NonNullable<ExecBlock["end"]>;
      /** The option of the sandbox whose limit was hit. */
      readonly option?: string;
    }
  | { readonly kind: "end"; readonly status: string; readonly reason?: string };

/** Why a run that has ended came to nothing; undefined for one that did not fail. */
export function failureOf(model: RunModel): RunFailure | undefined {
  const { end } = model;
  if (end === undefined || end.data.status === "ok" || end.data.status === "cancelled") return undefined;
  for (const block of model.blocks.toReversed()) {
    if (block.void) continue;
    if (block.kind === "note" && block.event.type === "error") return { kind: "error", error: block.event.data };
    if (block.kind !== "exec" || block.end === undefined) continue;
    if (block.end.status === "exited" && block.end.exitCode === 0) continue;
    const option = limits[block.end.status];
    return { kind: "program", source: block.source, end: block.end, ...(option === undefined ? {} : { option }) };
  }
  const { status, reason } = end.data;
  return { kind: "end", status, ...(reason === undefined ? {} : { reason }) };
}
