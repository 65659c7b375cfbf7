import type { IncomingMessage, ServerResponse } from "node:http";
import { type ClientHost, SluiceError } from "../../core/contract/index.ts";
import { parseJsonObject } from "../../core/kit/index.ts";

/** One request to a route of the original. */
export interface LmcHttpCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  /** The host as far as whoever asks may use it. */
  readonly host: ClientHost;
  /** The session that it acts on. */
  readonly session: string;
  /** Whether the request named it. */
  readonly named: boolean;
}

export interface LmcHttpRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Served without a key. */
  readonly open?: boolean;
  readonly handle: (call: LmcHttpCall) => void | Promise<void>;
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** The body as an object; undefined when it is none, which has been answered then. */
export function objectIn({
  body,
  response,
}: Pick<LmcHttpCall, "body" | "response">): Readonly<Record<string, unknown>> | undefined {
  try {
    return parseJsonObject(body, { from: "the client" });
  } catch (error) {
    unprocessable(response, SluiceError.from(error).message);
    return undefined;
  }
}

/** As FastAPI answers a body that does not fit. */
export function unprocessable(response: ServerResponse, message: string): void {
  json(response, { detail: [{ loc: ["body"], msg: message, type: "value_error" }] }, 422);
}

/** What follows the route's own part of the path. */
export function nameIn({ request }: LmcHttpCall, prefix: string): string {
  const path = new URL(request.url ?? "/", "http://host").pathname.slice(prefix.length);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
