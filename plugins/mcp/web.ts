import type { IncomingMessage, ServerResponse } from "node:http";
import { roomIn } from "../../core/kit/index.ts";

/** Node's request as the web's, for a library that speaks the web's; aborted when the client goes away. */
export function toRequest(request: IncomingMessage, body: Buffer, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    // The library has no use for what proves the client.
    if (value === undefined || name === "authorization" || name === "cookie") continue;
    headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const method = request.method ?? "GET";
  const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
  const carries = method !== "GET" && method !== "HEAD" && body.byteLength > 0;
  return new Request(url, { method, headers, signal, ...(carries ? { body: new Uint8Array(body) } : {}) });
}

/** Aborts when the connection is gone before the answer was complete. */
export function leaving(response: ServerResponse): AbortSignal {
  const left = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) left.abort();
  });
  return left.signal;
}

/** Sends the web's response through Node's, at the pace of its reader. */
export async function send(response: ServerResponse, answer: Response, left: AbortSignal): Promise<void> {
  if (left.aborted) {
    await answer.body?.cancel();
    return;
  }
  const headers = Object.fromEntries(answer.headers);
  // Whether the connection is kept is between the client and the server, which the library cannot know of.
  delete headers["connection"];
  response.writeHead(answer.status, headers);
  if (answer.body === null) {
    response.end();
    return;
  }
  response.flushHeaders();
  const reader = answer.body.getReader();
  const cancel = () => void reader.cancel().catch(() => undefined);
  left.addEventListener("abort", cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      response.write(value);
      await roomIn(response);
    }
    response.end();
  } catch {
    response.destroy();
  } finally {
    left.removeEventListener("abort", cancel);
  }
}
