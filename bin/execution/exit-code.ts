import { constants } from "node:os";
import { type EventOf, errorEntry, exitCodeOf, type RunEvent, SluiceError } from "../../core/contract/index.ts";
import { plural } from "../../core/kit/index.ts";

// What a command that runs something exits with is decided in this file alone. A failure before there is a run, or of the
// command itself, is thrown. Then `bin/output/failure.ts` tells of it, and its code has an exit code in the contract.

/** Exit codes of the command line that are not the program's own: timeout(1)'s, the shell's, sysexits.h's. */
export const exitCodes = {
  failed: 1,
  unavailable: 69,
  timeout: 124,
  interrupted: 130,
  killed: 137,
  pipe: 141,
} as const;

/** Reads a run's events and knows in the end what to exit with, and what to say about it. */
export class RunVerdict {
  #end: EventOf<"run-end"> | undefined;
  #exec: EventOf<"exec-end"> | undefined;
  #error: EventOf<"error"> | undefined;
  #truncated = false;
  #dropped = 0;

  observe(event: RunEvent): void {
    if (event.type === "run-end") this.#end = event;
    else if (event.type === "error") this.#error = event;
    else if (event.type === "exec-end") {
      this.#exec = event;
      this.#truncated ||= event.data.truncated === true;
      this.#dropped += event.data.droppedBytes ?? 0;
    }
  }

  get exitCode(): number {
    const end = this.#end?.data;
    if (end === undefined) return exitCodes.unavailable;
    if (end.status === "ok") return end.exitCode ?? 0;
    if (end.status === "timeout") return exitCodes.timeout;
    if (end.status === "cancelled") return exitCodes.interrupted;
    if (end.status === "lost" || end.status === "budget") return exitCodes.unavailable;
    return this.#exitCodeOfFailure(end);
  }

  #exitCodeOfFailure(end: EventOf<"run-end">["data"]): number {
    const exec = this.#exec?.data;
    if (exec?.status === "oom") return exitCodes.killed;
    if (end.signal !== undefined) return exitCodeOfSignal(end.signal as NodeJS.Signals);
    if (typeof end.exitCode === "number") return end.exitCode;
    if (exec?.status === "killed") return exitCodes.killed;
    if (this.#error && (errorEntry(this.#error.data.code) !== undefined || this.#error.data.class !== "internal")) {
      return this.#error.data.exitCode ?? exitCodeOf(this.#error.data.class);
    }
    return exitCodes.failed;
  }

  /** What stderr is told where the program's own output does not tell it. */
  get notes(): readonly string[] {
    return [this.#missing, this.#reason].filter((note) => note !== undefined);
  }

  get #missing(): string | undefined {
    if (this.#dropped > 0) {
      return `left out ${plural(this.#dropped, "byte")} of output; output: of the sandbox allows more`;
    }
    return this.#truncated ? "not all of the files that the run made are told" : undefined;
  }

  get #reason(): string | undefined {
    const end = this.#end?.data;
    if (end === undefined) return "the run's end was not seen";
    if (end.status === "ok" || end.status === "cancelled") return undefined;
    const reason = end.reason ?? end.status;
    if (this.#error) return undefined;
    if (end.status === "timeout") return `${reason}; --timeout gives it more`;
    if (this.#exec?.data.status === "oom") return `${reason}; memory: of the sandbox gives it more`;
    return this.#exec?.data.status === "exited" ? undefined : reason;
  }
}

/** How a command ended, besides its run. */
export interface CommandEnd {
  readonly verdict: RunVerdict;
  /** Aborted when nobody reads the output any more; its reason is a SluiceError where the output cannot be written. */
  readonly gone: AbortSignal;
  /** The same of standard error, which may have no reader. */
  readonly mute: AbortSignal;
  /** What came from the keyboard, or from whoever ends processes. */
  readonly signal: NodeJS.Signals | undefined;
}

/**
 * First what became of the command itself, then what became of its run.
 * @throws SluiceError SLUICE_OUTPUT_FAILED
 */
export function exitCodeOfCommand({ verdict, gone, mute, signal }: CommandEnd): number {
  for (const { reason } of [gone, mute]) if (reason instanceof SluiceError) throw reason;
  if (gone.aborted) return exitCodes.pipe;
  return signal === undefined ? verdict.exitCode : exitCodeOfSignal(signal);
}

/** As a shell has it: 128 and the signal's number. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + signalNumber(signal);
}

/** Node has no names of real-time signals; those between are told by their number, as SIG35. */
const realTime = { SIGRTMIN: 34, SIGRTMAX: 64 };

function signalNumber(name: string): number {
  const known: Readonly<Record<string, number>> = { ...constants.signals, ...realTime };
  return known[name] ?? (Number(name.slice("SIG".length)) || 0);
}
