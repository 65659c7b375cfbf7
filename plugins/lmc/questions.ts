import type { RunHandle } from "../../core/contract/index.ts";

/** Lets the code run that a request asked about. */
export function approve(handle: RunHandle, question: number): void {
  // When it fails the run has ended in the meantime, and its end is told anyway.
  handle.input({ kind: "approval", approved: true, question }).catch(() => undefined);
}

/** Gives a program that reads the end of its input: clients of this protocol have no frame to answer it with. */
export function endInput(handle: RunHandle, question: number): void {
  handle.input({ kind: "stdin", text: null, question }).catch(() => undefined);
}
