import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type ErrorBody, SluiceError } from "../../core/contract/index.ts";

const originCure = "Call the server by the address it is bound to, or add the name to its hosts: or origins:.";

/** What the server itself answers, where no mount does. */
export function bodyOf(status: number, message: string): { error: ErrorBody } {
  const code = status === 403 ? "SLUICE_WIRE_FORBIDDEN" : status >= 500 ? "SLUICE_INTERNAL" : "SLUICE_WIRE_PROTOCOL";
  return { error: new SluiceError(code, message, status === 403 ? { cure: originCure } : {}).toBody() };
}

/** Answers a request that the router could not read, such as one whose path is wrongly encoded. */
export function refuseRequest(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(bodyOf(status, message)));
}

/** An `Expect` header with anything but 100-continue, RFC 9110 section 10.1.1. */
export function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  refuseRequest(response, 417, "the Expect header asks for what this server does not do");
}

const reasons: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "the head of the request is too large"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "the extensions of the chunks are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "the request did not come to its end in time"],
};

/** Answers bytes that are no request, and ends the connection: whatever follows them cannot be told apart. */
export function refuseBytes(error: NodeJS.ErrnoException, stream: Duplex): void {
  if (error.code === "ECONNRESET" || !stream.writable) {
    stream.destroy();
    return;
  }
  const [status, message] = reasons[error.code ?? ""] ?? [400, "the request is not HTTP as it should be"];
  const body = JSON.stringify(bodyOf(status, message));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "connection: close",
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  stream.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => stream.destroy());
}
