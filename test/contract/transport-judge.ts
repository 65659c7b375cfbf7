import { expect } from "vitest";
import { errorCodes } from "../../core/contract/index.ts";
import type { Reply } from "./transport-raw.ts";

/** What an input was answered with, in a few words, and how many runs it was told of. */
export interface Verdict {
  readonly said: string;
  readonly runs?: readonly string[] | number;
}

export interface Input {
  readonly kind: string;
  /** For the message of a failure. */
  readonly shown: string;
  /** Sends it. Throws when what comes back is not what is due. */
  readonly send: () => Promise<Verdict>;
}

type Json = Readonly<Record<string, unknown>>;
export type Typed = (body: Json) => string | undefined;

/** The host's own form of an error. */
export const hostError: Typed = ({ error }) => codeIn(error);

/** OpenAI's form of it. */
export const openaiError: Typed = ({ error }) => {
  const { message, type, code } = (error ?? {}) as Json;
  return typeof message === "string" && typeof type === "string"
    ? codeIn({ code, message, cure: "within" })
    : undefined;
};

export const rpcError: Typed = ({ jsonrpc, error }) => {
  const { code, message } = (error ?? {}) as Json;
  return jsonrpc === "2.0" && typeof message === "string" && Number.isInteger(code) ? String(code) : undefined;
};

/** FastAPI's form, which clients of the classic server know. */
export const detailError: Typed = ({ detail, error }) =>
  typeof detail === "string" || Array.isArray(detail) || typeof error === "string" ? "detail" : undefined;

function codeIn(error: unknown): string | undefined {
  const { code, message, cure } = (error ?? {}) as Json;
  if (typeof code !== "string" || !Object.hasOwn(errorCodes, code)) return undefined;
  return typeof message === "string" && typeof cure === "string" ? code : undefined;
}

export interface Judge {
  readonly typed: readonly Typed[];
  /** Says what a success was, for places where what was made wrong may still be right. */
  readonly success?: (reply: Reply, body: unknown) => Verdict | undefined;
}

/** A response must be a typed error of its place, or what the place gives when nothing is wrong. */
export function judge(reply: Reply, { typed, success }: Judge, { mayClose = false, upgrade = false } = {}): Verdict {
  const { status, head, body, reset } = reply;
  if (status === 0) {
    if (mayClose) return { said: "closed" };
    throw new Error(`closed without an answer${reset ? " (reset)" : ""}`);
  }
  expect(body).not.toMatch(/\n\s+at |node:internal|\.ts:\d+/);
  expect([status, body.slice(0, 500)]).not.toEqual([500, expect.anything()]);
  // An upgrade is refused before any protocol is spoken: a status and a sentence.
  if (upgrade && status >= 400 && /content-type: text\//i.test(head) && body !== "")
    return { said: `${status} refused` };
  // HEAD has no body to say it in.
  const value = parsed(body);
  if (status >= 400 && typeof value === "object" && value !== null) {
    for (const form of typed) {
      const code = form(value as Json);
      if (code !== undefined) return { said: `${status} ${code}` };
    }
  }
  const verdict = status < 400 || body === "" ? success?.(reply, value) : undefined;
  if (verdict !== undefined) return verdict;
  throw new Error(`${status} is no typed answer: ${head.slice(0, 300)} ${JSON.stringify(body.slice(0, 300))}`);
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
