import type { RunHandle } from "../../core/contract/index.ts";

/** Lets code run that waits for it. */
export function approve(handle: RunHandle): void {
  // When it fails the run has ended in the meantime, and its end is told anyway.
  handle.input({ kind: "approval", approved: true }).catch(() => undefined);
}

/** Gives a program that reads the end of its input: clients of this protocol have no frame to answer it with. */
export function endInput(handle: RunHandle): void {
  handle.input({ kind: "stdin", text: null }).catch(() => undefined);
}
