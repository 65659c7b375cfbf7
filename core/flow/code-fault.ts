import { SluiceError } from "../contract/errors.ts";
import type { FinishReason, ModelEvent } from "../contract/model.ts";
import { cutText } from "../kit/text/cut-text.ts";
import { shorten } from "../kit/upstream/upstream-error.ts";
import type { OpenCode } from "./pieces.ts";

/** Why code that a model wrote is not run, as the model is told. */
export interface CodeFault {
  readonly code: "SLUICE_MODEL_CUT" | "SLUICE_MODEL_CALL";
  readonly message: string;
}

const ends: Readonly<Record<FinishReason, string | undefined>> = {
  length: "at its longest length",
  filter: "by the provider's filter",
  other: "before its end",
  stop: undefined,
  tool: undefined,
};

/**
 * Judges the code of an answer by its end. A fence that a model forgot to close is closed; one that it could not close was
 * cut off, and so was a program without fences. A call that breaks off is no program, however the answer ends.
 */
export function faultOf(
  reason: FinishReason,
  open: OpenCode | undefined,
  call: Extract<ModelEvent, { type: "call-error" }> | undefined,
  inText: string | undefined,
): CodeFault | undefined {
  const end = ends[reason];
  if (call?.cut) return cut(end ?? "in the middle of a tool call");
  if (call) {
    const given = shorten(cutText(call.arguments, 400), 200);
    const shown = given === "" ? "" : ` What came: ${given}`;
    return { code: "SLUICE_MODEL_CALL", message: `The tool call cannot be read: ${call.message}.${shown}` };
  }
  if (inText !== undefined && (open !== "call" || end === undefined)) {
    return { code: "SLUICE_MODEL_CALL", message: `The tool call cannot be read: ${inText}.` };
  }
  if (open === "call") return cut(end ?? "in the middle of a tool call");
  return open !== undefined && end !== undefined ? cut(end) : undefined;
}

function cut(where: string): CodeFault {
  return { code: "SLUICE_MODEL_CUT", message: `The answer was cut off ${where}, and its code is not whole.` };
}

export function toError({ code, message }: CodeFault): SluiceError {
  return new SluiceError(code, message);
}
