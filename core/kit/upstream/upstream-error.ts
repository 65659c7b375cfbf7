import { SluiceError } from "../../contract/errors.ts";
import { cutText } from "../text/cut-text.ts";
import { durationIn, providerWords } from "./upstream-words.ts";

/** What is known of a refusal by a provider. */
export interface UpstreamRefusal {
  /** The instance's id, to name it. */
  readonly source: string;
  /** HTTP status; absent where the failure came in a stream, or under a status of success. */
  readonly status?: number;
  /** The provider's own words, where they are known already. */
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What was sent: a text or the value of it. */
  readonly body?: unknown;
}

/**
 * An error for what a provider says of a failure. Its class comes from the words first, then from the status. Few
 * providers have a status of their own for a wrong key, an empty account or a long conversation.
 */
export function errorOfStatus(refusal: UpstreamRefusal): SluiceError {
  const told = providerWords(refusal.body ?? refusal.message ?? "");
  const message = refusal.message || told.message;
  const failed = refusal.status !== undefined && refusal.status >= 400 ? refusal.status : undefined;
  const status = failed ?? told.status;
  const kind = kindOf(status ?? statusOfNames(told.kind), `${message} ${told.kind}`, told);
  const retryAfter = readRetryAfter(refusal.headers ?? {}) ?? told.retryAfter;
  const said = shorten(message || told.kind);
  const { code, words, ...details } = kinds[kind];
  return new SluiceError(
    code,
    `${refusal.source}: ${words}${status === undefined ? "" : ` (HTTP ${status})`}${said ? `: ${said}` : ""}`,
    {
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(status === 408 || status === 409 ? { retryable: true } : {}),
      ...details,
    },
  );
}

type Kind = "auth" | "credit" | "rate" | "overloaded" | "context" | "request";

const kinds = {
  auth: { code: "SLUICE_MODEL_AUTH", words: "the provider refused the key" },
  credit: {
    code: "SLUICE_MODEL_RATE_LIMIT",
    words: "the account's credit or quota is used up",
    retryable: false,
    cure: "Raise the account's quota, or add a fallback.",
  },
  rate: { code: "SLUICE_MODEL_RATE_LIMIT", words: "the provider asks to slow down" },
  overloaded: { code: "SLUICE_MODEL_OVERLOADED", words: "the provider is overloaded or failed" },
  context: { code: "SLUICE_MODEL_CONTEXT", words: "the conversation is longer than the model's context" },
  request: { code: "SLUICE_MODEL_REQUEST", words: "the provider refused the request" },
} as const;

/** A conversation that is too long, in the words of providers and servers. */
const tooLong = new RegExp(
  [
    /context[ _-]?(length|window|size|limit)/,
    /maximum (context|prompt|input|model) ?(length|tokens?)/,
    /too many (input |total )?tokens/,
    /(prompt|input|messages?|request|conversation)( length)? (is|are|was|were)? ?too (long|large)(?!.*per (minute|day|hour))/,
    /prompt (exceeds|超长)|输入.*(过长|超长)|exceeds? max(imum)? (length|input)/,
    /exceed(s|ed|ing)? (the )?(available |model'?s? |maximum |max |model |allowed |configured )+(context|input|token|limit of [\d,]+ token)/,
    /input token count|range of input length|(max|maximum) input (length|tokens)/,
    /`?inputs`? (tokens? )?(\+|must have less)|max_new_tokens`? must be/,
    /reduce the length of (the|your) (messages|prompt|input)/,
    /string too long|tokens? in the prompt cannot exceed/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "i",
);

const noCredit = new RegExp(
  [
    /insufficient[ _-]?(quota|balance|credits?|funds)/,
    /credit balance|balance is (too low|insufficient|not enough)|not enough (credits?|balance|funds)/,
    /payment[ _]required|billing[_ ](hard_limit|not_active|limit)|(hard|spend(ing)?) limit/,
    /out of credits?|no credits?|(any|all) (available )?credits|never purchased credits|more credits|purchase credits/,
    /arrearage|in arrears|overdue|account.*(suspended|deactivated).*(balance|billing|payment)/,
    /余额不足|欠费|无可用资源包/,
    /reached your .{0,40}usage limits?/,
    /PerDay|per day \(RPD\)|daily (limit|quota)/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "i",
);

const wrongKey =
  /api[_ -]?key[_ ](invalid|expired|not valid)|(invalid|incorrect|missing|wrong|expired|bad|no) (?:[a-z]+ )?(api[_ -]?key|token|credentials?)|invalid_(api_key|authentication|x-api-key)|(provide|missing) (an|your|the) api[ _-]?key|api[ _-]?key (is )?(required|missing)|authentication[_ ]?(error|failed|required)|unauthorized|unauthenticated|permission_denied|UnrecognizedClient|AccessDenied/i;
const slowDown =
  /rate[ _-]?limit|throttl|too[ _]?many[ _]?requests|resource_exhausted|(tokens|requests) per (min|minute|day|hour)|qps|并发|速率/i;
const busy =
  /overload|unavailable|capacity|server_error|internal_error|internalserver|api_error|not ?ready|timed?[_ ]?out/i;

function kindOf(status: number | undefined, words: string, told: { kind: string; retryAfter?: number }): Kind {
  // A quota that comes back by itself is none that money buys.
  const comesBack = told.retryAfter !== undefined && !/insufficient_quota|PerDay/i.test(words);
  if (status === 402 || (noCredit.test(words) && !comesBack)) return "credit";
  const named = told.kind;
  if (/context_length|context_window|request_too_large|string_above_max_length/i.test(named)) return "context";
  if (status === 429) return "rate";
  if (status === 401 || /api_key_invalid|invalid_api_key|authentication/i.test(named)) return "auth";
  const refused = status === undefined || (status >= 400 && status < 500) || status === 500;
  if (status === 413 || (refused && status !== 401 && status !== 403 && tooLong.test(words))) return "context";
  if (status === 403 || (status !== 404 && refused && status !== 500 && wrongKey.test(words))) return "auth";
  if (slowDown.test(named) || (status === undefined && slowDown.test(words))) return "rate";
  if (status === undefined ? !/invalid|bad_request|not_found/i.test(named) || busy.test(named) : status >= 500)
    return "overloaded";
  return busy.test(named) && status !== 404 ? "overloaded" : "request";
}

/** The status that a name stands for: OpenAI's and Anthropic's `type` and `code`, Google's `status`. */
function statusOfNames(names: string): number | undefined {
  if (/insufficient_quota|rate_limit|resource_exhausted/i.test(names)) return 429;
  if (/authentication|permission|unauthenticated|invalid_api_key/i.test(names)) return 401;
  return undefined;
}

/**
 * Milliseconds from `retry-after-ms` (OpenAI, Azure) or `retry-after` (seconds or an HTTP date, RFC 9110 10.2.3; some
 * servers write `20s`).
 */
export function readRetryAfter(
  headers: Readonly<Record<string, string>>,
  now: number = Date.now(),
): number | undefined {
  const exact = Number(headers["retry-after-ms"] || Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return Math.ceil(exact);
  const value = headers["retry-after"]?.trim();
  if (!value) return undefined;
  const told = durationIn(value);
  if (told !== undefined) return told;
  const date = Number.isNaN(Number(value)) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A text on one line, cut at a length. */
export function shorten(text: string | undefined, limit = 400): string {
  const flat = (text ?? "").replaceAll(/\s+/g, " ").trim();
  return flat.length > limit ? `${cutText(flat, limit)}…` : flat;
}
