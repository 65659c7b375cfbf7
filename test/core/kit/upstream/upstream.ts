import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock, Logger, Model, ModelEvent, ModelRequest } from "../../../../core/contract/index.ts";
import type { RemoteModelConfig } from "../../../../core/kit/index.ts";

export type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => void | Promise<void>;

/** An HTTP server that answers request n with answer n, the last one for all further ones. */
export class Upstream implements AsyncDisposable {
  readonly bodies: Record<string, unknown>[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  readonly paths: string[] = [];
  /** Resolves when the socket of a request was closed by the other side before the answer's end. */
  readonly abandoned: Promise<void>;
  readonly #server: Server;
  #sockets = 0;
  #onQuiet: (() => void)[] = [];

  private constructor(answers: readonly Answer[]) {
    let abandon = () => {};
    this.abandoned = new Promise((resolve) => {
      abandon = resolve;
    });
    const closed = () => {
      this.#sockets -= 1;
      if (this.#sockets === 0) for (const quiet of this.#onQuiet.splice(0)) quiet();
    };
    this.#server = createServer(async (request, response) => {
      // A chunk may end in the middle of a character.
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString();
      this.paths.push(request.url ?? "");
      this.headers.push(request.headers);
      this.bodies.push(body === "" ? {} : JSON.parse(body));
      response.on("close", () => {
        if (!response.writableFinished) abandon();
      });
      const answer = answers[Math.min(this.bodies.length, answers.length) - 1];
      await answer?.(response, request, body);
    });
    this.#server.on("connection", (socket) => {
      this.#sockets += 1;
      socket.on("close", closed);
    });
  }

  static async start(...answers: readonly Answer[]): Promise<Upstream> {
    const upstream = new Upstream(answers);
    upstream.#server.listen(0, "127.0.0.1");
    await once(upstream.#server, "listening");
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when no socket is open. */
  quiet(): Promise<void> {
    return this.#sockets === 0 ? Promise.resolve() : new Promise((resolve) => this.#onQuiet.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

export function sse(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { "content-type": "text/event-stream" });
}

/** One chunk of OpenAI's chat stream as a server-sent event. */
export function chunk(delta: Record<string, unknown>, finish: string | null = null): string {
  return `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}

export const usageChunk = `data: ${JSON.stringify({
  id: "c",
  choices: [],
  usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
})}\n\n`;

export const done = "data: [DONE]\n\n";

/** A message with a picture, as OpenAI's chat interface has it, whom many follow. */
export function seen(base64: string, text = "See"): object {
  const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${base64}` } };
  return { role: "user", content: [picture, { type: "text", text }] };
}

export function speak(...texts: readonly string[]): Answer {
  return (response) => {
    sse(response).end([...texts.map((content) => chunk({ content })), chunk({}, "stop"), usageChunk, done].join(""));
  };
}

export function refuse(status: number, body: unknown = {}, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

export const silentLog: Logger = {
  level: "info",
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(resolve, milliseconds).unref();
      signal?.addEventListener(
        "abort",
        () => {
          clearTimeout(timer);
          reject(signal.reason);
        },
        { once: true },
      );
    }),
};

export function remoteConfig(baseURL: string, changes: Partial<RemoteModelConfig> = {}): RemoteModelConfig {
  return {
    model: "test-model",
    apiKey: "sk-planted-key-0123456789",
    baseURL,
    headers: {},
    tools: "never",
    timeouts: { connect: 5_000, firstToken: 5_000, idle: 5_000, total: 20_000 },
    retry: { attempts: 3, backoff: 1, longest: 30_000 },
    breaker: { failures: 0, pause: 1_000 },
    ...changes,
  };
}

export function ask(...texts: readonly string[]): ModelRequest {
  return { system: "Be brief.", codeWanted: true, messages: texts.map((text) => ({ role: "user", text })) };
}

const never = new AbortController().signal;

/** Every event until the end, or the error. */
export async function collect(
  model: Model,
  request: ModelRequest = ask("Hello"),
): Promise<{ events: ModelEvent[]; text: string; error?: unknown }> {
  const events: ModelEvent[] = [];
  const result = await new Promise<{ error?: unknown }>((resolve) => {
    model.generate(request, never).subscribe({
      next: (event) => events.push(event),
      error: (error) => resolve({ error }),
      complete: () => resolve({}),
    });
  });
  return { events, text: events.map((event) => (event.type === "text-delta" ? event.text : "")).join(""), ...result };
}
