import { isJsonObject } from "../untrusted/index.ts";
import { type JsonObject, jsonOf } from "./answer/json.ts";

/** What a provider says of a failure, whatever form it says it in. */
export interface ProviderWords {
  readonly message: string;
  /** Names beside the message: types, codes, reasons. */
  readonly kind: string;
  /** An HTTP status that is told in the body. */
  readonly status?: number;
  /** Milliseconds after which trying again makes sense. */
  readonly retryAfter?: number;
}

/** Fields that hold the words or lead to them, in the order of trust. */
const worded = [
  "error",
  "errors",
  "message",
  "detail",
  "details",
  "msg",
  "error_message",
  "errormessage",
  "error_msg",
  "error_description",
  "description",
  "fault",
  "faultstring",
  "reason",
  "title",
  "response",
  "err",
  "exception",
  "cause",
  "messages",
  "issues",
  "info",
  "text",
];
const named = ["type", "code", "status", "reason", "__type", "error_type", "error_code", "errorcode"];
const statuses = ["status", "status_code", "statuscode", "code", "http_code", "error_code"];
const deepest = 6;

/** The message and the facts in the body of a provider's error, in whatever form it has them. */
export function providerWords(body: unknown): ProviderWords {
  const value = typeof body === "string" ? (jsonIn(body) ?? plainText(body)) : body;
  const kinds: string[] = [];
  const facts: { status?: number; retryAfter?: number } = {};
  collect(value, kinds, facts, 0);
  const message = wordsIn(value, 0);
  const retryAfter = facts.retryAfter ?? pauseIn(message);
  return {
    message,
    kind: kinds.join(" "),
    ...(facts.status === undefined ? {} : { status: facts.status }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

/** Whether an object of a stream tells a failure, and is none of its events. */
export function tellsFailure(value: JsonObject): boolean {
  const { error, errors, type, object } = value;
  if (error === "" || error === false) return false;
  if (isJsonObject(error) ? Object.keys(error).length > 0 : error !== undefined && error !== null) return true;
  if (type === "error" || object === "error" || (Array.isArray(errors) && errors.length > 0)) return true;
  const says = [value["message"], value["msg"], value["detail"]].some(
    (each) => typeof each === "string" && each !== "",
  );
  return says && named.some((key) => key !== "type" && key !== "reason" && value[key] !== undefined);
}

function wordsIn(value: unknown, depth: number): string {
  if (depth > deepest) return "";
  if (typeof value === "string") {
    const inner = depth > 0 && /^\s*[{[]/.test(value) ? jsonOf(value) : undefined;
    return (inner === undefined ? "" : wordsIn(inner, depth + 1)) || value.trim();
  }
  if (Array.isArray(value)) {
    const all = value.slice(0, 3).map((each) => wordsIn(each, depth + 1));
    return [...new Set(all.filter((words) => words !== ""))].join("; ");
  }
  if (!isJsonObject(value)) return "";
  const fields = lowered(value);
  for (const key of worded) {
    const words = wordsIn(fields.get(key), depth + 1);
    if (words === "") continue;
    // OpenRouter says that a provider failed, and beside it what that one said.
    const raw = isJsonObject(fields.get("metadata"))
      ? wordsIn(lowered(fields.get("metadata") as JsonObject).get("raw"), depth + 1)
      : "";
    return raw === "" || raw === words ? words : `${words}: ${raw}`;
  }
  // Whatever leads to the words elsewhere; a text of an unknown name may be anything that was sent along.
  for (const inner of fields.values()) {
    const words = typeof inner === "object" ? wordsIn(inner, depth + 1) : "";
    if (words !== "") return words;
  }
  return "";
}

function collect(
  value: unknown,
  kinds: string[],
  facts: { status?: number; retryAfter?: number },
  depth: number,
): void {
  if (depth > deepest) return;
  const inner = typeof value === "string" && /^\s*[{[]/.test(value) ? jsonOf(value) : value;
  if (Array.isArray(inner)) for (const each of inner.slice(0, 8)) collect(each, kinds, facts, depth + 1);
  if (!isJsonObject(inner)) return;
  const fields = lowered(inner);
  for (const key of named) {
    const name = fields.get(key);
    if ((typeof name === "string" && name.length <= 100) || typeof name === "number") kinds.push(String(name));
  }
  for (const key of statuses) {
    const status = Number(fields.get(key));
    if (Number.isInteger(status) && status >= 400 && status < 600) facts.status ??= status;
  }
  facts.retryAfter ??= toldPause(fields);
  for (const key of ["error", "errors", "message", "detail", "details", "response", "metadata", "raw"]) {
    collect(fields.get(key), kinds, facts, depth + 1);
  }
}

/** `retryDelay` of Google's RetryInfo, and fields like those of HTTP. */
function toldPause(fields: ReadonlyMap<string, unknown>): number | undefined {
  const milliseconds = Number(fields.get("retry_after_ms") ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return Math.ceil(milliseconds);
  const told = fields.get("retrydelay") ?? fields.get("retry_after") ?? fields.get("retryafter");
  if (typeof told === "number") return told >= 0 ? Math.ceil(told * 1_000) : undefined;
  return typeof told === "string" ? durationIn(told) : undefined;
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const length =
  /(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])/gi;

/** "Please try again in 1m30.5s", "retry after 20 seconds", "Please retry in 13.2s". */
function pauseIn(message: string): number | undefined {
  const at = /\b(?:try again|retry(?:ing)?|wait)(?: again)?(?: in| after| for)?:?\s+(?=\d)/i.exec(message);
  return at ? durationIn(message.slice(at.index + at[0].length)) : undefined;
}

/** The length of time at the beginning of a text, in milliseconds; a bare number counts seconds. */
export function durationIn(whole: string): number | undefined {
  const text = whole.slice(0, 200);
  let sum: number | undefined;
  let end = 0;
  for (const match of text.matchAll(length)) {
    if (text.slice(end, match.index).trim() !== "") break;
    const unit = (match[2] ?? "").toLowerCase();
    const scale = unit.startsWith("ms") || unit.startsWith("milli") ? 1 : (units[unit[0] ?? ""] ?? 0);
    sum = (sum ?? 0) + Number(match[1]) * scale;
    end = match.index + match[0].length;
  }
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * 1_000 : undefined;
  const told = sum ?? seconds;
  return told === undefined ? undefined : Math.ceil(told);
}

function lowered(value: JsonObject): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
}

function jsonIn(text: string): unknown {
  if (!/^[\s\ufeff]*[{["]/.test(text)) return undefined;
  const begun = text.replace(/^[\s\ufeff]+/, "");
  return jsonOf(begun) ?? jsonOf(begun.slice(0, Math.max(begun.lastIndexOf("}"), begun.lastIndexOf("]")) + 1));
}

/** The title of a page, the message of XML, or the text itself. */
function plainText(text: string): string {
  if (!/^[\s\ufeff]*</.test(text)) return text.trim();
  const [, title = ""] =
    /<(title|h1|message|faultstring|description|detail)[^>]*>([^<]+)<\/\1>/i.exec(text)?.slice(1) ?? [];
  return title.replaceAll("&amp;", "&").replaceAll("&#39;", "'").replaceAll(/\s+/g, " ").trim();
}
