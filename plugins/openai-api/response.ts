import type { ServerResponse } from "node:http";
import type { SluiceError } from "../../core/contract/index.ts";
import { RefusedParameter } from "./parameters.ts";

export function json(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

/** Answers with an error in the interface's own form. So its clients tell faults apart and know when to retry. */
export function fail(response: ServerResponse, error: SluiceError): void {
  const headers: Record<string, string> = {};
  if (error.retryAfter !== undefined) headers["retry-after"] = String(Math.ceil(error.retryAfter / 1000));
  json(response, errorBody(error), statusOf(error), headers);
}

export function errorBody(error: SluiceError): unknown {
  const { code, message, cure } = error;
  const param = error instanceof RefusedParameter ? error.param : null;
  return { error: { message: `${message}. ${cure}`, type: typeOf(error), param, code } };
}

function typeOf(error: SluiceError): string {
  const status = statusOf(error);
  if (status === 401) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "api_error";
}

/** A provider's refusal of our key is no fault of the client's key: only the transport's own check answers with 401. */
function statusOf(error: SluiceError): number {
  if (error.code === "SLUICE_WIRE_AUTH") return 401;
  switch (error.class) {
    case "usage":
    case "invalid":
      return 400;
    case "not-found":
      return 404;
    case "conflict":
      return 409;
    case "limit":
      return error.retryable ? 429 : 400;
    case "timeout":
      return 504;
    case "auth":
      return 502;
    case "unavailable":
      return 503;
    default:
      return 500;
  }
}
