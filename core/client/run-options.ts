import { SluiceError } from "../contract/errors.ts";
import type { RunOptions } from "./run-stream.ts";
import { wireInput } from "./stdin.ts";
import type { ClientInput } from "./uploads.ts";
import type { ClientFrames } from "./wire.generated.ts";

/** Milliseconds that a host may say nothing of a run whose time is over. */
export const grace = 3000;

/** The message that opens a run. Files with their bytes become what the wire has before they are sent. */
export function openFrame(
  id: string,
  flow: string | undefined,
  input: ClientInput,
  options: RunOptions,
): ClientFrames["open"] {
  const { timeout, budget, keep, ...others } = options;
  return {
    t: "open",
    id,
    ...(flow === undefined ? {} : { flow }),
    input: wireInput(input) as ClientFrames["open"]["input"],
    ...(timeout === undefined && budget === undefined ? {} : { budget: { ...budget, time: timeout ?? budget?.time } }),
    ...others,
  };
}

export function overdue(timeout: number): SluiceError {
  const message = `the run had ${timeout} ms, and the host has not ended it`;
  return new SluiceError("SLUICE_RUN_TIMEOUT", message, {
    cure: "Look whether the host still answers: `sluice runs`.",
  });
}
