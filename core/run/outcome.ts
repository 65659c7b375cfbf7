import type { Conversation } from "../contract/conversation.ts";
import { type ErrorCode, SluiceError } from "../contract/errors.ts";
import type { EventData, RunStatus } from "../contract/event.ts";

export type Outcome = Pick<EventData["run-end"], "status" | "exitCode" | "signal" | "reason">;

/** Answers that were to be run and could not be: a run that ends with one has not done what was asked. */
const unrun: ReadonlySet<string> = new Set<ErrorCode>(["SLUICE_MODEL_CUT", "SLUICE_MODEL_CALL"]);

/** What a run came to whose flow completed: the end of its last program decides, if there was one. */
export function outcomeOf(conversation: Conversation, lastEnd: EventData["exec-end"] | undefined): Outcome {
  const last = conversation.messages.at(-1);
  if (last?.role === "note" && last.at > 0 && unrun.has(last.code)) {
    return { status: "failed", reason: last.text.split("\n", 1)[0] ?? "" };
  }
  if (!lastEnd || !conversation.messages.some((message) => message.role === "execution" && message.at > 0)) {
    return { status: "ok" };
  }
  const { status, exitCode, signal, excused } = lastEnd;
  if (excused) return { status: "ok", exitCode: 0 };
  const ended = { exitCode, ...(signal === null ? {} : { signal }) };
  switch (status) {
    case "exited":
      return exitCode === 0
        ? { status: "ok", ...ended }
        : { status: "failed", ...ended, reason: `the program exited with ${exitCode}` };
    case "timeout":
      return { status: "timeout", ...ended, reason: "the program took longer than its time-out" };
    case "oom":
      return { status: "failed", ...ended, reason: "the program used more memory than the sandbox has" };
    case "lost":
      return { status: "lost", ...ended, reason: lastEnd.error?.message ?? "the sandbox ended while the program ran" };
    default:
      return { status: "failed", ...ended, reason: `the program was ended by ${signal ?? "a signal"}` };
  }
}

/** Milliseconds by which the clock of a sandbox may be ahead of ours. */
const ahead = 20;

/**
 * Whether the time-out that ended a program is the run's, which bounds it: then the run ends as one does whose program
 * was stopped by it, whichever of the two came first. `left`: milliseconds that the run still has.
 */
export function isOfRun({ status }: Outcome, left: number | undefined): boolean {
  return status === "timeout" && left !== undefined && left <= ahead;
}

export function tookTooLong(timeout: number): SluiceError {
  return new SluiceError("SLUICE_RUN_TIMEOUT", `the run took longer than ${timeout} ms`);
}

/** What a run came to whose flow failed. */
export function statusOfError(code: string): RunStatus {
  if (code === "SLUICE_RUN_TIMEOUT") return "timeout";
  if (code === "SLUICE_RUN_CANCELLED") return "cancelled";
  if (code === "SLUICE_SANDBOX_LOST") return "lost";
  if (code === "SLUICE_RUN_BUDGET") return "budget";
  return "failed";
}
