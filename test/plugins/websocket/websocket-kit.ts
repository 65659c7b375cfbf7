import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { type ClientOptions, WebSocket } from "ws";
import type { Clock, HostReporter, Logger } from "../../../core/contract/index.ts";
import { compileSchema, type SchemaValidator } from "../../../core/kit/index.ts";
import type { HttpServerConfig } from "../../../plugins/http-server/config.generated.ts";
import { HttpServerService } from "../../../plugins/http-server/service.ts";
import type { WebsocketConfig, WebsocketLimits } from "../../../plugins/websocket/config.ts";
import { WebsocketTransport } from "../../../plugins/websocket/websocket-transport.ts";
import { type FakeFlow, FakeHost } from "./fake-host.ts";

export const token = "main-token-0123456789";

export const httpConfig: HttpServerConfig = {
  origins: [],
  hosts: [],
  bodyLimit: 1024 * 1024,
  handshakeTimeout: 5000,
  requestTimeout: 60_000,
  closeTimeout: 500,
};

export const silentLog: Logger = {
  level: "info",
  ...{ trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
};

const realClock: Clock = {
  now: () => Date.now(),
  sleep: () => Promise.reject(new Error("no test sleeps")),
};

const mebibyte = 1024 * 1024;
const limits: WebsocketLimits = {
  runs: 1000,
  frames: 10_000,
  sessions: 64,
  connections: 2048,
  sockets: 4096,
  upload: 8 * mebibyte,
  uploads: 16 * mebibyte,
  download: 8 * mebibyte,
  downloads: 16 * mebibyte,
};

export type TransportConfig = Partial<Omit<WebsocketConfig, "limits">> & { readonly limits?: Partial<WebsocketLimits> };

/** A served transport over a fake host. `await using` frees everything. */
export interface Transport extends AsyncDisposable {
  readonly url: string;
  readonly host: FakeHost;
  readonly transport: WebsocketTransport;
  readonly http: HttpServerService;
  readonly connections: string[];
  /** Values of the Host header let in besides the transport's own; a test may add some. */
  readonly hosts: string[];
  connect(options?: ConnectOptions): Promise<TestSocket>;
}

export interface ConnectOptions extends ClientOptions {
  readonly protocols?: string[];
  /** Sends a hello of this client with the main token, and waits for the welcome. */
  readonly client?: string;
  readonly hello?: Readonly<Record<string, unknown>>;
}

export async function serveTransport(
  flows: Readonly<Record<string, FakeFlow>>,
  config: TransportConfig = {},
  host = new FakeHost(flows),
): Promise<Transport> {
  const hosts: string[] = [];
  const http = new HttpServerService({ ...httpConfig, hosts }, silentLog);
  const connections: string[] = [];
  const reporter: HostReporter = {
    ...{ metric: () => {}, sandbox: () => {}, audit: () => {} },
    connection: (_id, status) => connections.push(status),
  };
  const defaults = { listen: "127.0.0.1:0", path: "/", tokens: [], origins: [], heartbeat: 15_000, helloTimeout: 5000 };
  const times = { detach: 600_000, stall: 60_000, ticket: 30_000, drain: 1000 };
  const merged = { ...defaults, ...times, ...config, limits: { ...limits, ...config.limits } };
  const transport = new WebsocketTransport(merged, { host, http, log: silentLog, clock: realClock, reporter });
  await transport.start();
  const url = (transport.address ?? "").replace("http:", "ws:");
  return {
    ...{ url, host, transport, http, connections, hosts },
    connect: (options) => TestSocket.connect(url, options),
    [Symbol.asyncDispose]: async () => {
      await transport[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  };
}

export type Frame = { readonly t: string } & Readonly<Record<string, unknown>>;

/** A client that sends and reads raw frames. */
export class TestSocket {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #news = new EventEmitter();

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#news.emit("news");
      });
    });
    socket.on("error", () => undefined);
    socket.on("message", (data) => {
      const frame = JSON.parse(data.toString()) as Frame;
      expectServerFrame(frame);
      this.frames.push(frame);
      this.#news.emit("news");
    });
  }

  static async connect(url: string, options: ConnectOptions = {}): Promise<TestSocket> {
    const { protocols = ["sluice.v1"], client, hello, ...rest } = options;
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...rest });
    const wrapped = new TestSocket(socket);
    await once(socket, "open");
    if (client !== undefined || hello !== undefined) {
      wrapped.send({ t: "hello", client: client ?? "test", token, ...hello });
      await wrapped.next("welcome");
    }
    return wrapped;
  }

  send(frame: unknown): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** The first frame of a type that fits, those that came already included. */
  async next(type: string, fits: (frame: Frame) => boolean = () => true): Promise<Frame> {
    for (;;) {
      const found = this.frames.find((frame) => frame.t === type && fits(frame));
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before a frame ${type} came`);
      await once(this.#news, "news");
    }
  }

  async answer(re: string): Promise<Frame> {
    const isAnswer = (frame: Frame) => frame["re"] === re;
    for (;;) {
      const found = this.frames.find(isAnswer);
      if (found !== undefined) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before the answer to ${re}`);
      await once(this.#news, "news");
    }
  }

  ask(frame: Readonly<Record<string, unknown>> & { readonly id: string }): Promise<Frame> {
    this.send(frame);
    return this.answer(frame.id);
  }

  /** Resolves when so many frames are there. */
  async count(type: string, count: number): Promise<readonly Frame[]> {
    for (;;) {
      const found = this.frames.filter((frame) => frame.t === type);
      if (found.length >= count) return found;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed after ${found.length} of ${count}`);
      await once(this.#news, "news");
    }
  }

  events(run?: string): readonly { seq: number; type: string; data: Record<string, unknown>; run: string }[] {
    const events = this.frames.filter(({ t }) => t === "event").map((frame) => frame["event"]);
    return (events as { seq: number; type: string; data: Record<string, unknown>; run: string }[]).filter(
      (event) => run === undefined || event.run === run,
    );
  }

  async ended(run?: string): Promise<void> {
    await this.next("event", (frame) => {
      const event = frame["event"] as { type: string; run: string };
      return event.type === "run-end" && (run === undefined || event.run === run);
    });
  }

  close(): void {
    this.socket.close();
  }
}

/** What an upgrade that is refused is answered with. */
export function refusedStatus(url: string, options: ConnectOptions = {}): Promise<number> {
  const { protocols = ["sluice.v1"], ...rest } = options;
  const socket = new WebSocket(url, protocols, rest);
  return new Promise((resolve, reject) => {
    socket.once("unexpected-response", (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.once("open", () => reject(new Error("the upgrade was accepted")));
    socket.on("error", reject);
  });
}

const validators = new Map<string, SchemaValidator>();

/** Every frame of the server is held against its schema. */
function expectServerFrame(frame: Frame): void {
  let validate = validators.get(frame.t);
  if (validate === undefined) {
    const file = new URL(`../../../schema/wire/server/${frame.t}.json`, import.meta.url);
    validate = compileSchema(JSON.parse(readFileSync(file, "utf8")));
    validators.set(frame.t, validate);
  }
  const issues = validate(frame);
  if (issues.length > 0) throw new Error(`${JSON.stringify(frame).slice(0, 200)}: ${JSON.stringify(issues)}`);
}
