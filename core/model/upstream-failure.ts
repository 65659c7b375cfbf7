import { SluiceError } from "../contract/errors.ts";
import { errorOfStatus, shorten } from "./upstream-error.ts";

/** Whose failure it is, and what may not be repeated of it. */
export interface FailureContext {
  readonly source: string;
  /** Keys and header values of the instance. */
  readonly secrets: readonly string[];
  /** Whether the provider had begun to answer. */
  readonly responded: boolean;
}

/**
 * A `SluiceError` for whatever the AI SDK throws or streams. The original is not kept as the cause: it carries the
 * request, its headers and the provider's, and loggers print causes.
 */
export function errorOfFailure(error: unknown, context: FailureContext): SluiceError {
  if (error instanceof SluiceError) return error;
  const failure = record(error);
  const { source } = context;
  const message = mask(typeof error === "string" ? error : textOf(failure["message"]), context.secrets);
  const status = failure["statusCode"];
  const network = networkCode(error);
  if (network === "UND_ERR_CONNECT_TIMEOUT") {
    return new SluiceError("SLUICE_MODEL_TIMEOUT", `${source}: no connection within the time-out \`connect\`.`);
  }
  if (network !== undefined || isCut(failure)) {
    return context.responded
      ? new SluiceError("SLUICE_MODEL_INCOMPLETE", `${source}: the connection was cut before the answer's end.`)
      : new SluiceError(
          "SLUICE_MODEL_UNREACHABLE",
          `${source}: cannot reach the provider${network ? ` (${network})` : ""}.`,
        );
  }
  if (typeof status === "number" && status >= 400) {
    const headers = failure["responseHeaders"] as Record<string, string> | undefined;
    const body = mask(textOf(failure["responseBody"]), context.secrets);
    return errorOfStatus({ source, status, message, body, ...(headers ? { headers } : {}) });
  }
  if (malformed.has(textOf(failure["name"])) || typeof status === "number") {
    return new SluiceError(
      "SLUICE_MODEL_MALFORMED",
      `${source}: the provider sent something that is not its protocol.`,
    );
  }
  if (error instanceof Error) {
    // An address that cannot be asked is a TypeError; all else is the AI SDK stumbling over what it was sent.
    const code = error instanceof TypeError ? "SLUICE_MODEL_UNREACHABLE" : "SLUICE_MODEL_MALFORMED";
    return new SluiceError(code, `${source}: ${shorten(message)}`);
  }
  const nested = record(failure["error"]);
  const kind = [failure["type"], failure["code"], nested["type"], nested["code"], nested["status"]]
    .map(textOf)
    .join(" ");
  return errorOfStatus({
    source,
    status: statusOfKind(kind),
    message: message || mask(textOf(nested["message"]), context.secrets) || kind.trim(),
    // Names that say more than the words do: a context that is too small, a quota that is used up.
    body: kind,
  });
}

/** The error for a stream whose end the provider never told. */
export function incomplete(source: string, contentType: string | undefined): SluiceError {
  if (contentType !== undefined && /html|^application\/json/.test(contentType)) {
    return new SluiceError(
      "SLUICE_MODEL_MALFORMED",
      `${source}: the provider sent ${contentType.split(";", 1)[0]} instead of a stream of events.`,
    );
  }
  return new SluiceError("SLUICE_MODEL_INCOMPLETE", `${source}: the stream stopped without the provider's end.`);
}

/** Whether an error in the stream is the AI SDK's own word for an end that the provider did not tell. */
export function isEndUntold(error: unknown): boolean {
  return textOf(record(error)["message"]).includes("ended without a finish reason");
}

/** Replaces keys, whole or as the provider repeats them in part, by `***`. */
export function mask(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) if (secret.length >= 4) masked = masked.replaceAll(secret, "***");
  return masked.replaceAll(/\b(?:sk|rk|pk|gsk|xai|key|AIza)[-_]?[A-Za-z0-9_*-]{8,}|\b[Bb]earer\s+[^\s"',]+/g, "***");
}

const malformed = new Set([
  "AI_JSONParseError",
  "AI_TypeValidationError",
  "AI_EmptyResponseBodyError",
  "AI_InvalidResponseDataError",
  "AI_NoContentGeneratedError",
]);

/** Names of in-stream errors: OpenAI's `type` and `code`, Anthropic's `type`, Google's `status`. */
function statusOfKind(kind: string): number {
  const exact = /\b[45]\d\d\b/.exec(kind);
  if (exact) return Number(exact[0]);
  if (/rate_limit|quota|RESOURCE_EXHAUSTED/.test(kind)) return 429;
  if (/authentication|permission|PERMISSION_DENIED|UNAUTHENTICATED/.test(kind)) return 401;
  if (/invalid|bad_request|context_length|INVALID_ARGUMENT/.test(kind)) return 400;
  if (/overloaded|UNAVAILABLE/.test(kind)) return 529;
  return 500;
}

/** The code of the first error in the chain of causes that has one of the network's. */
function networkCode(error: unknown): string | undefined {
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < 8; depth += 1) {
    const code = textOf(record(cause)["code"]);
    if (networkCodes.test(code)) return code;
    cause = cause instanceof AggregateError ? cause.errors[0] : cause.cause;
  }
  return undefined;
}

/** Of the operating system, of undici, of TLS and of the HTTP parser. */
const networkCodes =
  /^(E[A-Z]{3,}|EAI_\w+|UND_ERR_\w+|CERT_\w+|SELF_SIGNED\w*|DEPTH_ZERO\w*|UNABLE_TO\w*|ERR_(TLS|SSL)\w+|HPE_\w+)$/;

function isCut(failure: Record<string, unknown>): boolean {
  return (
    /^(terminated|fetch failed)$/.test(textOf(failure["message"])) ||
    /Cannot connect to API/.test(textOf(failure["message"]))
  );
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
