import { SluiceError } from "../contract/errors.ts";
import { cutText } from "../contract/text.ts";

/** What is known of a refusal by a provider. */
export interface UpstreamRefusal {
  /** The instance's id, to name it. */
  readonly source: string;
  readonly status: number;
  /** The provider's own words. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * An error for an HTTP status of a provider. 529 is Anthropic's "overloaded"; a conversation that is too long is told by
 * every provider with 400 or 413 and words of its own.
 */
export function errorOfStatus(refusal: UpstreamRefusal): SluiceError {
  const code = codeOfStatus(refusal.status, `${refusal.message ?? ""} ${refusal.body ?? ""}`);
  const retryAfter = readRetryAfter(refusal.headers ?? {});
  const said = shorten(refusal.message || firstLine(refusal.body));
  const retryable = refusal.status === 408 || refusal.status === 409 ? true : undefined;
  return new SluiceError(
    code,
    `${refusal.source}: ${explain[code]} (HTTP ${refusal.status})${said ? `: ${said}` : ""}`,
    {
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(retryable === undefined ? {} : { retryable }),
      ...(isQuota(refusal) ? { retryable: false, cure: "Raise the account's quota, or add a fallback." } : {}),
    },
  );
}

type StatusCode =
  | "SLUICE_MODEL_AUTH"
  | "SLUICE_MODEL_RATE_LIMIT"
  | "SLUICE_MODEL_OVERLOADED"
  | "SLUICE_MODEL_CONTEXT"
  | "SLUICE_MODEL_REQUEST";

const explain: Readonly<Record<StatusCode, string>> = {
  SLUICE_MODEL_AUTH: "the provider refused the key",
  SLUICE_MODEL_RATE_LIMIT: "the provider asks to slow down",
  SLUICE_MODEL_OVERLOADED: "the provider is overloaded or failed",
  SLUICE_MODEL_CONTEXT: "the conversation is longer than the model's context",
  SLUICE_MODEL_REQUEST: "the provider refused the request",
};

const tooLong =
  /context[ _-]?(length|window|size)|maximum context|too many (input )?tokens|prompt is too long|exceeds? the (available|model'?s?|maximum) (context|input|token)|input token count/i;

function codeOfStatus(status: number, words: string): StatusCode {
  if (status === 401 || status === 403) return "SLUICE_MODEL_AUTH";
  if (status === 429) return "SLUICE_MODEL_RATE_LIMIT";
  if (status >= 500) return "SLUICE_MODEL_OVERLOADED";
  if (status === 413 || ((status === 400 || status === 422) && tooLong.test(words))) return "SLUICE_MODEL_CONTEXT";
  return "SLUICE_MODEL_REQUEST";
}

/** OpenAI answers 429 for an empty account too, where waiting does not help. */
function isQuota(refusal: UpstreamRefusal): boolean {
  return refusal.status === 429 && /insufficient_quota/.test(`${refusal.message ?? ""}${refusal.body ?? ""}`);
}

/**
 * Milliseconds from `retry-after-ms` (OpenAI, Azure) or `retry-after` (seconds or an HTTP date, RFC 9110 10.2.3).
 */
export function readRetryAfter(
  headers: Readonly<Record<string, string>>,
  now: number = Date.now(),
): number | undefined {
  const exact = Number(headers["retry-after-ms"] || Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return Math.ceil(exact);
  const value = headers["retry-after"]?.trim();
  if (!value) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.ceil(seconds * 1000) : undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

export function shorten(text: string | undefined, limit = 400): string {
  const flat = (text ?? "").replaceAll(/\s+/g, " ").trim();
  return flat.length > limit ? `${cutText(flat, limit)}…` : flat;
}

function firstLine(text: string | undefined): string {
  return text?.trimStart().startsWith("<") ? "" : (text?.split("\n", 1)[0] ?? "");
}
