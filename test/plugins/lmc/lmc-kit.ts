import { EventEmitter, once } from "node:events";
import { WebSocket } from "ws";
import type { HostReporter } from "../../../core/contract/index.ts";
import { HttpServerService } from "../../../plugins/http-server/service.ts";
import type { LmcConfig } from "../../../plugins/lmc/config.generated.ts";
import { LmcTransport } from "../../../plugins/lmc/lmc-transport.ts";
import { type FakeFlow, FakeHost } from "../websocket/fake-host.ts";
import { httpConfig, silentLog } from "../websocket/websocket-kit.ts";

export type Frame = Readonly<Record<string, unknown>>;

export interface LmcServer extends AsyncDisposable {
  readonly address: string;
  readonly host: FakeHost;
  connect(query?: string): Promise<LmcSocket>;
}

/** What clients say where a test does not ask for another; without a key in the profile it means nothing. */
export const key = "right-key";
export const keyed = { "x-api-key": key };

const reporter: HostReporter = { metric: () => {}, sandbox: () => {}, audit: () => {}, connection: () => {} };

export async function serveLmc(
  flows: Readonly<Record<string, FakeFlow>>,
  config: Partial<LmcConfig> = {},
): Promise<LmcServer> {
  const http = new HttpServerService(httpConfig, silentLog);
  const host = new FakeHost(flows);
  const defaults = {
    listen: "127.0.0.1:0",
    path: "/",
    flow: "chat",
    runFlow: "run",
    session: "lmc",
    ...{ key: "none" as string, role: "configure" as const },
    ...{ heartbeat: 15_000, sockets: 1_024, authTimeout: 60_000 },
  };
  const flags = { autoRun: false, acknowledge: false, insecureRoutes: false, origins: [] };
  const transport = new LmcTransport({ ...defaults, ...flags, ...config }, { host, http, log: silentLog, reporter });
  await transport.start();
  const address = transport.address ?? "";
  return {
    address,
    host,
    connect: (query = "") => LmcSocket.connect(`${address.replace("http", "ws")}/${query}`),
    [Symbol.asyncDispose]: async () => {
      await transport[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  };
}

export class LmcSocket {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly #news = new EventEmitter();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.frames.push(JSON.parse(data.toString()) as Frame);
      this.#news.emit("news");
    });
  }

  static async connect(url: string): Promise<LmcSocket> {
    const socket = new WebSocket(url);
    const wrapped = new LmcSocket(socket);
    await once(socket, "open");
    return wrapped;
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  async authenticate(auth: unknown = key): Promise<unknown> {
    this.send({ auth });
    return (await this.until((frame) => "auth" in frame))["auth"];
  }

  say(content: string): void {
    this.send({ role: "user", start: true });
    this.send({ role: "user", type: "message", content });
    this.send({ role: "user", end: true });
  }

  command(content: string): void {
    this.send({ role: "user", type: "command", start: true });
    this.send({ role: "user", type: "command", content });
    this.send({ role: "user", type: "command", end: true });
  }

  /** Resolves when so many answers are complete. */
  async completed(count = 1): Promise<void> {
    while (this.completes < count) await once(this.#news, "news");
  }

  get completes(): number {
    return this.frames.filter(({ content, role }) => role === "server" && content === "complete").length;
  }

  async until(fits: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      await once(this.#news, "news");
    }
  }
}
