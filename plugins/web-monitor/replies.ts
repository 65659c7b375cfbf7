import type { ServerResponse } from "node:http";
import { SluiceError } from "../../core/contract/index.ts";

/** On every answer: nothing of ours is to be framed, sniffed, cached by others or told to other sites. */
export const safeHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, {
    ...safeHeaders,
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  });
  response.end(JSON.stringify(value));
}

export function sendText(response: ServerResponse, text: string, contentType: string): void {
  response.writeHead(200, { ...safeHeaders, "content-type": contentType, "cache-control": "no-store" });
  response.end(text);
}

export function sendError(response: ServerResponse, thrown: unknown): void {
  const error = SluiceError.from(thrown);
  if (response.headersSent) response.destroy();
  else sendJson(response, { error: error.toBody() }, statusOf(error));
}

function statusOf(error: SluiceError): number {
  if (error.code === "SLUICE_WIRE_FORBIDDEN") return 403;
  const statuses: Partial<Record<SluiceError["class"], number>> = {
    auth: 401,
    usage: 400,
    invalid: 400,
    config: 422,
    "not-found": 404,
    conflict: 409,
    limit: 429,
    unavailable: 503,
    timeout: 504,
  };
  return statuses[error.class] ?? 500;
}

/** Always a download, never a page: what a program wrote must not run in the monitor's origin. */
export function sendDownload(response: ServerResponse, path: string, content: Uint8Array): void {
  const base = path.split("/").at(-1) ?? "file";
  response.writeHead(200, {
    ...safeHeaders,
    "content-type": "application/octet-stream",
    "content-security-policy": "sandbox; default-src 'none'",
    "content-disposition": `attachment; filename*=UTF-8''${encoded(base)}`,
    "cache-control": "no-store",
  });
  response.end(content);
}

/** As RFC 8187 has names: quotes and brackets end them, and half of a pair is no character. */
function encoded(name: string): string {
  const code = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, code);
}
