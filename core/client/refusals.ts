import { SluiceError } from "../contract/errors.ts";

/** A run has one reader in a client: its events come once. */
export function readAlready(run: string): SluiceError {
  return new SluiceError("SLUICE_USAGE", `this client reads ${run} already`, { cure: "Share the one stream." });
}

export function closedByCaller(): SluiceError {
  return new SluiceError("SLUICE_WIRE_CLOSED", "the client was closed", {
    cure: "Make a new client.",
    retryable: false,
  });
}
