import { type ErrorBody, type ErrorCode, errorEntry, SluiceError } from "../../core/contract/index.ts";

/** What a fault of the wire, or of the run over there, is to a flow on this side. */
const asModel: Partial<Record<ErrorCode, ErrorCode>> = {
  SLUICE_WIRE_AUTH: "SLUICE_MODEL_AUTH",
  SLUICE_WIRE_FORBIDDEN: "SLUICE_MODEL_AUTH",
  SLUICE_WIRE_CLOSED: "SLUICE_MODEL_UNREACHABLE",
  SLUICE_WIRE_TIMEOUT: "SLUICE_MODEL_UNREACHABLE",
  SLUICE_WIRE_PROTOCOL: "SLUICE_MODEL_MALFORMED",
  SLUICE_WIRE_PARSE: "SLUICE_MODEL_MALFORMED",
  SLUICE_WIRE_SEND: "SLUICE_MODEL_CONTEXT",
  SLUICE_WIRE_UPLOAD: "SLUICE_MODEL_OVERLOADED",
  SLUICE_FLOW_NOT_FOUND: "SLUICE_MODEL_REQUEST",
  SLUICE_FLOW_NO_BRANCH: "SLUICE_MODEL_OVERLOADED",
  SLUICE_RUN_TIMEOUT: "SLUICE_MODEL_TIMEOUT",
  SLUICE_RUN_CANCELLED: "SLUICE_MODEL_INCOMPLETE",
  SLUICE_RUN_BUDGET: "SLUICE_MODEL_OVERLOADED",
  SLUICE_HOST_STOPPING: "SLUICE_MODEL_OVERLOADED",
  SLUICE_OVERLOADED: "SLUICE_MODEL_OVERLOADED",
  SLUICE_INTERNAL: "SLUICE_MODEL_OVERLOADED",
};

/** A failure over there, told as this model's. Codes that this version does not know are the other host's failure. */
export function remoteError(source: string, error: ErrorBody | SluiceError): SluiceError {
  const known = errorEntry(error.code) === undefined ? "SLUICE_INTERNAL" : (error.code as ErrorCode);
  const { cure, retryable, retryAfter } = error;
  return new SluiceError(asModel[known] ?? known, `${source}: ${error.message}`, {
    cure,
    retryable,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}
