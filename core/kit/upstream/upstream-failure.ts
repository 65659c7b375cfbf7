import { SluiceError } from "../../contract/errors.ts";
import type { AnswerErrors } from "./answer/no-answer.ts";
import { errorOfStatus, shorten } from "./upstream-error.ts";
import { providerWords } from "./upstream-words.ts";

/** Whose failure it is, and what may not be repeated of it. */
export interface FailureContext {
  readonly source: string;
  /** Keys and header values of the instance. */
  readonly secrets: readonly string[];
  /** Whether the provider had begun to answer. */
  readonly responded: boolean;
}

/**
 * A `SluiceError` for whatever is thrown on the way to a provider or told in its stream. The original is not kept as the
 * cause: it may carry the request and its headers, and loggers print causes.
 */
export function errorOfFailure(error: unknown, context: FailureContext): SluiceError {
  if (error instanceof SluiceError) return error;
  const { source, secrets } = context;
  if (!(error instanceof Error)) return errorOfBody(error, context);
  const message = mask(error.message, secrets);
  const network = networkCode(error);
  if (network === "UND_ERR_CONNECT_TIMEOUT") {
    return new SluiceError("SLUICE_MODEL_TIMEOUT", `${source}: no connection within the time-out \`connect\`.`);
  }
  if (network !== undefined || /^(terminated|fetch failed)$/.test(error.message)) {
    return context.responded
      ? new SluiceError("SLUICE_MODEL_INCOMPLETE", `${source}: the connection was cut before the answer's end.`)
      : new SluiceError(
          "SLUICE_MODEL_UNREACHABLE",
          `${source}: cannot reach the provider${network ? ` (${network})` : ""}.`,
        );
  }
  // An address that cannot be asked is a TypeError; what the AI SDK cannot say to this provider is an error of its own.
  if (error.name.startsWith("AI_")) {
    return new SluiceError("SLUICE_MODEL_REQUEST", `${source}: the request cannot be made: ${shorten(message)}`);
  }
  const code = error instanceof TypeError ? "SLUICE_MODEL_UNREACHABLE" : "SLUICE_MODEL_MALFORMED";
  return new SluiceError(code, `${source}: ${shorten(message)}`);
}

/** The error for a failure that a provider tells in an answer, even under a status of success. */
export function errorOfBody(
  body: unknown,
  { source, secrets }: Pick<FailureContext, "source" | "secrets">,
): SluiceError {
  return errorOfStatus({ source, ...masked(body, secrets) });
}

/** The error for a response that is no answer; reads its body, as far as it is needed. */
export async function errorOfResponse(
  response: Response,
  { source, secrets }: Pick<FailureContext, "source" | "secrets">,
): Promise<SluiceError> {
  const headers = Object.fromEntries(response.headers);
  const body = await beginningOf(response);
  return errorOfStatus({ source, status: response.status, headers, ...masked(body, secrets) });
}

/** The error for a body that ended without an answer: its words where it has any, and what it was meant to be. */
export function errorOfNoAnswer(
  body: unknown,
  words: string,
  { source, mask: hide }: AnswerErrors,
  type: string | undefined,
): SluiceError {
  const said = shorten(hide(providerWords(body ?? words).message));
  const told = said === "" ? "" : `: ${said}`;
  if (said !== "" || (type !== undefined && /html|^application\/json/.test(type))) {
    const kind = type === undefined ? "something" : (type.split(";", 1)[0] ?? "something");
    return new SluiceError("SLUICE_MODEL_MALFORMED", `${source}: the provider sent ${kind} that is no answer${told}.`);
  }
  return new SluiceError("SLUICE_MODEL_INCOMPLETE", `${source}: the stream stopped without the provider's end.`);
}

/** The words of a body and the body itself, both without keys. */
function masked(body: unknown, secrets: readonly string[]): { message: string; body: unknown } {
  const safe = mask(typeof body === "string" ? body : (JSON.stringify(body) ?? ""), secrets);
  return { message: providerWords(safe).message, body: safe };
}

/** Bytes of a refusal that are read. */
const enough = 64 * 1024;

async function beginningOf(response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(bytes, { stream: true });
      if (text.length > enough) break;
    }
  } catch {
    // The status is told already; the words that arrived are kept.
  }
  return text;
}

/** Replaces keys, whole or as the provider repeats them in part, by `***`. */
export function mask(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) if (secret.length >= 4) masked = masked.replaceAll(secret, "***");
  return masked.replaceAll(/\b(?:sk|rk|pk|gsk|xai|key|AIza)[-_]?[A-Za-z0-9_*-]{8,}|\b[Bb]earer\s+[^\s"',]+/g, "***");
}

/** The code of the first error in the chain of causes that has one of the network's. */
function networkCode(error: unknown): string | undefined {
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < 8; depth += 1) {
    const { code } = cause as { readonly code?: unknown };
    if (typeof code === "string" && networkCodes.test(code)) return code;
    cause = cause instanceof AggregateError ? cause.errors[0] : cause.cause;
  }
  return undefined;
}

/** Codes of the operating system, of undici, of TLS and of the HTTP parser. */
const networkCodes =
  /^(E[A-Z]{3,}|EAI_\w+|UND_ERR_\w+|CERT_\w+|SELF_SIGNED\w*|DEPTH_ZERO\w*|UNABLE_TO\w*|ERR_(TLS|SSL)\w+|HPE_\w+)$/;
