import type { Readable } from "node:stream";
import type { Dispatcher, fetch as undiciFetch } from "undici";

export type Fetch = typeof globalThis.fetch;

/** What the way to one server is made of. */
export interface Upstream {
  readonly dispatcher: Dispatcher;
  /** undici's own, for what is rare. */
  readonly fetch: typeof undiciFetch;
}

/** Statuses that have no body, by the Fetch Standard; a `Response` refuses one. */
const bodiless = new Set([204, 205, 304]);
const redirects = new Set([301, 302, 303, 307, 308]);
/** Bytes that wait for their reader before the socket is read no further. */
const highWaterMark = 64 * 1024;
const formats: Readonly<Record<string, CompressionFormat>> = { gzip: "gzip", "x-gzip": "gzip", deflate: "deflate" };

/**
 * `fetch`, by undici's `request`: requests with a text as their body and answers that stream take about a millisecond
 * less than by its `fetch`, which goes through the whole of the Fetch Standard. A server that redirects is asked again by
 * that `fetch`, because it knows what may follow to another place. Errors are those of `fetch`: what the signal was
 * aborted with, or a `TypeError` whose cause is the network's.
 */
export async function upstreamFetch(
  { dispatcher, fetch }: Upstream,
  input: URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const slow = () => fetch(input as never, { ...init, dispatcher } as never) as unknown as Promise<Response>;
  const { body, signal } = init;
  if (input instanceof Request || (body !== undefined && body !== null && typeof body !== "string")) return slow();
  const { origin, pathname, search } = input;
  let answer: Dispatcher.ResponseData;
  try {
    answer = await dispatcher.request({
      origin,
      path: pathname + search,
      method: (init.method ?? "GET") as Dispatcher.HttpMethod,
      headers: { accept: "*/*", ...plain(init.headers) },
      body: body ?? null,
      signal: signal ?? null,
    });
  } catch (error) {
    throw signal?.aborted ? signal.reason : new TypeError("fetch failed", { cause: error });
  }
  const { statusCode: status, statusText } = answer;
  if (redirects.has(status) && answer.headers["location"] !== undefined) {
    answer.body.on("error", ignore).destroy();
    return slow();
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const each of Array.isArray(value) ? value : [value ?? ""]) headers.append(name, each);
  }
  if (bodiless.has(status)) {
    answer.body.on("error", ignore).resume();
    return new Response(null, { status, statusText, headers });
  }
  return new Response(decoded(streamOf(answer.body, signal), headers), { status, statusText, headers });
}

function plain(headers: RequestInit["headers"]): Record<string, string> {
  if (headers instanceof Headers || Array.isArray(headers)) return Object.fromEntries(headers);
  return (headers ?? {}) as Record<string, string>;
}

function streamOf(body: Readable, signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      start(controller) {
        let over = false;
        const end = (how: () => void) => {
          if (!over) how();
          over = true;
        };
        body.on("data", (chunk: Uint8Array) => {
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) body.pause();
        });
        body.once("end", () => end(() => controller.close()));
        body.on("error", (error) => {
          end(() => controller.error(signal?.aborted ? signal.reason : new TypeError("terminated", { cause: error })));
        });
      },
      pull: () => void body.resume(),
      cancel: (reason) => void body.destroy(reason instanceof Error ? reason : undefined),
    },
    { highWaterMark, size: (chunk) => chunk.byteLength },
  );
}

/** No encoding was asked for; some servers compress all the same. */
function decoded(stream: ReadableStream<Uint8Array>, headers: Headers): ReadableStream<Uint8Array> {
  const format = formats[headers.get("content-encoding")?.trim().toLowerCase() ?? ""];
  if (format === undefined) return stream;
  headers.delete("content-encoding");
  headers.delete("content-length");
  return stream.pipeThrough(new DecompressionStream(format) as never);
}

function ignore(): void {
  // Nobody waits for the rest of this body.
}
