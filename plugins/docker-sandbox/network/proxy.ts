import type { ClientRequest, IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import {
  connectTo,
  containEvents,
  contained,
  ReachRefusal,
  type ReachRules,
  type Resolve,
} from "../../../core/kit/index.ts";
import { NameQueue } from "./name-queue.ts";

// As in `engine/engine.ts`: each start of a sandbox has this module, and an import would load all of undici.
const { createServer, request } = process.getBuiltinModule("node:http");

/** Headers that concern one connection alone (RFC 9110, 7.6.1), and what a client says to a proxy. */
const HOP_BY_HOP = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export interface ProxyOptions {
  readonly rules: ReachRules;
  readonly resolve?: Resolve;
  /** What was asked for in vain, and why. */
  readonly onRefused: (target: string, reason: string) => void;
}

/**
 * An HTTP proxy that listens nowhere: it serves the connections it is given, and leads to what the rules have and to
 * nothing else. CONNECT carries any protocol, plain HTTP is forwarded request by request.
 */
export class AllowProxy {
  readonly #options: ProxyOptions;
  readonly #names: NameQueue;
  readonly #server: Server;
  readonly #upstream = new Set<Duplex>();

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#names = new NameQueue(options.resolve);
    this.#server = createServer((incoming, answer) =>
      this.#contained(incoming.socket, () => this.#forward(incoming, answer)),
    );
    this.#server.on("connect", (incoming, socket, head) =>
      this.#contained(socket, () => this.#tunnel(incoming, socket, head)),
    );
    this.#server.on("clientError", (_error, socket) => socket.destroy());
  }

  serve(connection: Duplex): void {
    containEvents(connection, () => connection.destroy());
    this.#server.emit("connection", connection);
  }

  #contained(connection: Duplex, work: () => Promise<void>): void {
    contained(work, () => connection.destroy())();
  }

  close(): void {
    for (const socket of this.#upstream) socket.destroy();
    this.#server.close();
  }

  async #tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on("error", () => client.destroy());
    const target = incoming.url ?? "";
    try {
      const { host, port } = hostOf(target);
      const upstream = await this.#connect(host, port);
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) upstream.write(head);
      client.on("close", () => upstream.destroy()).pipe(upstream);
      upstream.on("close", () => client.destroy()).pipe(client);
    } catch (error) {
      const { status, message } = this.#refused(target, error);
      client.end(`HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${message}\n`);
    }
  }

  async #forward(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const target = incoming.url ?? "";
    try {
      if (!/^http:\/\//i.test(target) || !URL.canParse(target))
        throw new ReachRefusal(400, "a proxy needs a whole http:// URL");
      const url = new URL(target);
      const socket = await this.#connect(url.hostname, Number(url.port || 80));
      const sent: ClientRequest = request({
        createConnection: () => socket,
        method: incoming.method,
        path: `${url.pathname}${url.search}`,
        setHost: false,
        headers: ["Host", url.host, ...endToEnd(incoming), ...framing(incoming), "Connection", "close"],
      });
      containEvents(sent, () => socket.destroy());
      sent.on("response", (response) => {
        containEvents(response, () => socket.destroy());
        answer.writeHead(response.statusCode ?? 502, response.statusMessage, endToEnd(response));
        pipeline(response, answer, () => socket.destroy());
      });
      sent.on("error", (error) => this.#answer(answer, target, new ReachRefusal(502, error.message)));
      answer.on("close", () => socket.destroy());
      pipeline(incoming, sent, () => undefined);
    } catch (error) {
      this.#answer(answer, target, error);
    }
  }

  async #connect(host: string, port: number): Promise<Socket> {
    const socket = await connectTo(host, port, this.#options.rules, (name, signal) =>
      this.#names.resolve(name, signal),
    );
    containEvents(socket, () => socket.destroy());
    this.#upstream.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#upstream.delete(socket));
    return socket;
  }

  #answer(answer: ServerResponse, target: string, error: unknown): void {
    const { status, message } = this.#refused(target, error);
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(status, { "content-type": "text/plain", connection: "close" }).end(`${message}\n`);
  }

  #refused(target: string, error: unknown): { readonly status: number; readonly message: string } {
    const message = error instanceof Error ? error.message : String(error);
    const status = error instanceof ReachRefusal ? error.status : 502;
    if (status === 403) this.#options.onRefused(target, message);
    return { status, message: `sluicebox: ${message.replace(/[\r\n]/g, " ")}` };
  }
}

/** `host:port`, where the host may be an address in brackets. */
function hostOf(target: string): { readonly host: string; readonly port: number } {
  const [, host = "", port = ""] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):(\d{1,5})$/.exec(target) ?? [];
  if (host === "" || Number(port) < 1 || Number(port) > 65_535) throw new ReachRefusal(400, "CONNECT needs host:port");
  // As a URL has it, so that 0x7f.1 is no way around.
  return { host: URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host, port: Number(port) };
}

/** A body without a length keeps its frames, whatever the method: else it would be the next request. */
function framing({ headers }: IncomingMessage): string[] {
  return headers["transfer-encoding"] === undefined ? [] : ["Transfer-Encoding", "chunked"];
}

/** Name and value in turn, without Host and what concerns one connection alone. */
function endToEnd({ rawHeaders, headers }: IncomingMessage): string[] {
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    const lower = name.toLowerCase();
    if (lower !== "host" && !HOP_BY_HOP.has(lower) && !named.has(lower)) kept.push(name, value);
  }
  return kept;
}
