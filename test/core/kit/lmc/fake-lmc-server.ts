import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface Talk {
  readonly socket: WebSocket;
  /** What the user said. */
  readonly text: string;
  /** How many messages there were before it, over all sockets. */
  readonly turn: number;
  send(...frames: object[]): void;
}

export interface FakeLmcOptions {
  readonly key?: string;
  /** What is done when a message is complete. */
  readonly answer?: (talk: Talk) => void;
  /** What is done with a new socket, instead of waiting for its first frame. */
  readonly connected?: (socket: WebSocket) => void;
  /** Answers `POST /settings`; default success. */
  readonly settings?: (body: Record<string, unknown>) => unknown;
  /** Whether it says at `/heartbeat` that it is alive. */
  readonly alive?: () => boolean;
}

export interface FakeLmcServer extends AsyncDisposable {
  readonly address: string;
  readonly url: string;
  /** Everything that came, acknowledgements included. */
  readonly received: readonly Record<string, unknown>[];
  readonly settings: readonly Record<string, unknown>[];
  /** Closes every socket without a word. */
  drop(): void;
}

export const complete = { role: "server", type: "status", content: "complete" };
export const failed = (content: string) => ({ role: "server", type: "error", content });
export const said = (content: string) => ({ role: "assistant", type: "message", content });
export const coded = (content: string, format = "python") => ({ role: "assistant", type: "code", format, content });
export const printed = (content: string) => ({ role: "computer", type: "console", format: "output", content });
export const activeLine = (content: number | null) => ({
  role: "computer",
  type: "console",
  format: "active_line",
  content,
});

/** A server of Open Interpreter's protocol that does what the test wants, its faults above all. */
export async function startFakeLmc(options: FakeLmcOptions = {}): Promise<FakeLmcServer> {
  const received: Record<string, unknown>[] = [];
  const settings: Record<string, unknown>[] = [];
  let turn = 0;
  const http = createServer((request, response) => void serve(request, response, options, settings));
  const sockets = new WebSocketServer({ server: http });
  sockets.on("connection", (socket) => {
    options.connected?.(socket);
    let text = "";
    let command = false;
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Record<string, unknown>;
      received.push(frame);
      if ("auth" in frame) {
        if (options.connected === undefined) {
          socket.send(JSON.stringify({ auth: options.key === undefined || frame["auth"] === options.key }));
        }
      } else if (frame["start"] === true) {
        command = frame["type"] === "command";
        text = "";
      } else if (typeof frame["content"] === "string") text += frame["content"];
      else if (frame["end"] === true && !command) {
        const send = (...frames: object[]) => {
          for (const each of frames) socket.send(JSON.stringify(each));
        };
        options.answer?.({ socket, text, turn: turn++, send });
      }
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    address,
    url: `ws://${address}/`,
    received,
    settings,
    drop: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    [Symbol.asyncDispose]: () => stop(http, sockets),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: FakeLmcOptions,
  settings: Record<string, unknown>[],
): Promise<void> {
  const answer = (value: unknown, status = 200) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
  if (request.url === "/heartbeat") {
    if (options.alive?.() ?? true) answer({ status: "alive" });
    else answer({ detail: "not yet" }, 503);
    return;
  }
  let text = "";
  for await (const part of request) text += part;
  if (options.key !== undefined && request.headers["x-api-key"] !== options.key) {
    answer({ detail: "Authentication failed" }, 403);
    return;
  }
  const body = JSON.parse(text) as Record<string, unknown>;
  settings.push(body);
  answer(options.settings?.(body) ?? { status: "success" });
}

async function stop(http: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  http.closeAllConnections();
  http.close();
  await once(http, "close");
}
