import type { EventData } from "../../../core/contract/index.ts";
import { cutText, parseJsonObject, resultOf } from "../../../core/kit/index.ts";

/**
 * What comes out of a container is code's word: every message is looked at before it becomes an event, and one that is
 * not of its shape is dropped.
 */

export function parseObject(payload: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    return parseJsonObject(payload, { from: "the container" });
  } catch {
    return undefined;
  }
}

export function smallResultOf(payload: Buffer): EventData["exec-result"] | undefined {
  const message = parseObject(payload);
  return message && resultOf(message);
}

export function fileOf(payload: Buffer): { readonly path: string; readonly size: number } | undefined {
  const { path, size } = parseObject(payload) ?? {};
  return typeof path === "string" && typeof size === "number" ? { path, size } : undefined;
}

export function inputRequestOf(payload: Buffer): EventData["input-request"] | undefined {
  const message = parseObject(payload);
  if (message === undefined) return undefined;
  return { prompt: String(message["prompt"] ?? ""), ...(message["secret"] === true ? { secret: true } : {}) };
}

export function programErrorOf(payload: Buffer): EventData["exec-end"]["error"] {
  const message = parseObject(payload);
  if (message === undefined) return undefined;
  const { message: text, line } = message;
  const name = String(message["name"] ?? "Error");
  // Names that begin so are ours alone: whoever reads one must be able to rely on it.
  const isOurs = /^[\W_]*SLUICE_/i.test(name.normalize("NFKC"));
  return {
    name: isOurs ? "Error" : cutText(name, 200),
    message: cutText(isOurs ? `${name}: ${text ?? ""}` : String(text ?? ""), 4000),
    ...(Number.isInteger(line) ? { line: Number(line) } : {}),
  };
}
