import type { IncomingMessage, ServerResponse } from "node:http";

/** What a page may read of an answer besides its body. */
const exposed = ["mcp-session-id", "mcp-protocol-version", "retry-after", "x-request-id", "www-authenticate"];
/** Seconds that a browser keeps the answer to a preflight. */
const maxAge = 600;
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/** A question of a browser: may a page of this origin send such a request? Nobody has proved anything yet. */
export function preflightOf(request: IncomingMessage): string | undefined {
  const method = request.headers["access-control-request-method"];
  return request.method === "OPTIONS" && request.headers.origin !== undefined ? method : undefined;
}

/**
 * Lets a page read the answer, once its origin has been let in. The origin is named, and credentials are never allowed:
 * a browser sends no cookie of this address for a page of another.
 */
export function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", exposed.join(", "));
}

/** Says what a page may send: the path's methods, and the headers it asks for, which prove nothing by themselves. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): void {
  const asked = request.headers["access-control-request-headers"] ?? "";
  const names = asked.split(",").map((name) => name.trim());
  const headers = names.filter((name) => headerName.test(name)).slice(0, 64);
  response.setHeader("access-control-allow-methods", [...new Set(methods)].join(", "));
  if (headers.length > 0) response.setHeader("access-control-allow-headers", headers.join(", "));
  response.setHeader("access-control-max-age", String(maxAge));
  response.appendHeader("vary", "Access-Control-Request-Headers");
  if (request.headers["access-control-request-private-network"] === "true") {
    response.setHeader("access-control-allow-private-network", "true");
  }
  response.writeHead(204).end();
}
