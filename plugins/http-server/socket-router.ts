import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket, WebSocketServer } from "ws";
import type { Logger } from "../../core/contract/index.ts";
import {
  containEvents,
  contained,
  type OnFault,
  type SocketMount,
  type SocketVerdict,
  startTicking,
  startTimer,
  type Timer,
} from "../../core/kit/index.ts";
import type { HttpServerConfig } from "./config.generated.ts";
import { type GuardRulesOf, refusal } from "./guard.ts";
import type { MountTable } from "./mount-table.ts";
import { closeSockets, refuseUpgrade } from "./upgrade.ts";
import { WsTransportSocket } from "./ws-transport-socket.ts";

type CreateServer = (mount: SocketMount | undefined) => WebSocketServer;

/** Sockets of one mount: its own server of `ws`, because the limit of a message belongs to the server. */
interface MountState {
  readonly server: WebSocketServer;
  readonly sockets: Map<WsTransportSocket, WebSocket>;
  readonly heartbeat: Timer;
}

const defaults = { maxPayload: 1024 * 1024, heartbeat: 15_000 };

/** Takes the upgrades of one HTTP server: checks them, finds their mount, and keeps the sockets alive. */
export class SocketRouter {
  readonly #mounts: MountTable;
  readonly #rules: GuardRulesOf;
  readonly #config: HttpServerConfig;
  readonly #log: Logger;
  readonly #createServer: CreateServer;
  readonly #states = new Map<SocketMount, MountState>();
  readonly #pending = new Set<Duplex>();
  readonly #refusing: WebSocketServer;

  private constructor(
    mounts: MountTable,
    rules: GuardRulesOf,
    config: HttpServerConfig,
    log: Logger,
    createServer: CreateServer,
  ) {
    this.#mounts = mounts;
    this.#rules = rules;
    this.#config = config;
    this.#log = log;
    this.#createServer = createServer;
    this.#refusing = createServer(undefined);
  }

  static async create(
    server: Server,
    mounts: MountTable,
    rules: GuardRulesOf,
    config: HttpServerConfig,
    log: Logger,
  ): Promise<SocketRouter> {
    const { WebSocketServer } = await import("ws");
    const router = new SocketRouter(mounts, rules, config, log, (mount) => {
      const protocol = mount?.subprotocol ?? false;
      // Declared apart because the type of the options does not know `closeTimeout` yet.
      const options = {
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false,
        maxPayload: mount?.maxPayload ?? defaults.maxPayload,
        closeTimeout: config.closeTimeout,
        handleProtocols: () => protocol,
      };
      return new WebSocketServer(options);
    });
    server.on("upgrade", (request, stream: Duplex, head) => {
      containEvents(stream, (error) => {
        log.error(`an upgrade failed: ${error.message}`, { code: error.code });
        stream.destroy();
      });
      contained(
        () => router.#upgrade(request, stream, head),
        () => stream.destroy(),
      )();
    });
    return router;
  }

  async closeOrphans(): Promise<void> {
    await this.#closeStates((mount) => !this.#mounts.has(mount));
  }

  async close(): Promise<void> {
    for (const stream of this.#pending) stream.destroy();
    await this.#closeStates(() => true);
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const ignore = () => undefined;
    stream.on("error", ignore);
    this.#pending.add(stream);
    stream.once("close", () => this.#pending.delete(stream));
    this.#route(request, stream, head).catch((error: unknown) => {
      this.#log.error(`an upgrade failed: ${String(error)}`);
      refuseUpgrade(stream, 503, "the mount could not decide");
    });
  }

  async #route(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const path = request.url?.split("?", 1)[0] ?? "/";
    const mounts = this.#mounts.socketsAt(path);
    const asked = protocolsOf(request);
    const mount = mounts.find(({ subprotocol }) =>
      asked.length === 0 ? subprotocol === null : subprotocol !== null && asked.includes(subprotocol),
    );
    const reason = refusal(request, this.#rules(mount));
    if (reason !== undefined) return refuseUpgrade(stream, 403, reason);
    if (mounts.length === 0) return refuseUpgrade(stream, 404, `no WebSocket is served at ${path}`);
    if (mount === undefined) return this.#closeUnserved(request, stream, head, asked);
    const verdict = await this.#decide(mount, request);
    if (stream.destroyed) return;
    if (!verdict.accept) return refuseUpgrade(stream, verdict.status, verdict.reason);
    if (!this.#mounts.has(mount)) return refuseUpgrade(stream, 503, "the mount is closing");
    const state = this.#stateOf(mount);
    state.server.handleUpgrade(request, stream, head, (socket) => {
      this.#pending.delete(stream);
      const fault: OnFault = (error) => {
        this.#log.error(`a socket at ${path} was closed: ${error.message}`, { code: error.code });
        // Closing may throw as well, since it emits.
        contained(
          () => socket.close(1011, "the host failed"),
          () => socket.terminate(),
        )();
      };
      containEvents(socket, fault);
      const wrapped = new WsTransportSocket(socket, stream);
      state.sockets.set(wrapped, socket);
      socket.once("close", () => state.sockets.delete(wrapped));
      contained(() => mount.connected(wrapped, request, verdict.grant), fault)();
    });
  }

  /** The protocol's own way to say it: the handshake without a subprotocol, then 1002. */
  #closeUnserved(request: IncomingMessage, stream: Duplex, head: Buffer, asked: readonly string[]): void {
    this.#refusing.handleUpgrade(request, stream, head, (socket) => {
      containEvents(socket, () => socket.terminate());
      socket.on("error", () => undefined);
      socket.close(1002, asked.length === 0 ? "a subprotocol is needed" : "no such subprotocol is served");
    });
  }

  async #decide(mount: SocketMount, request: IncomingMessage): Promise<SocketVerdict> {
    let timer: Timer | undefined;
    const late = new Promise<SocketVerdict>((resolve) => {
      const verdict = { accept: false, status: 503, reason: "the mount did not decide in time" } as const;
      timer = startTimer(() => resolve(verdict), this.#config.handshakeTimeout);
    });
    try {
      return await Promise.race([mount.authorize(request), late]);
    } finally {
      timer?.stop();
    }
  }

  #stateOf(mount: SocketMount): MountState {
    const known = this.#states.get(mount);
    if (known !== undefined) return known;
    const sockets = new Map<WsTransportSocket, WebSocket>();
    const beat = () => {
      for (const socket of sockets.keys())
        contained(
          () => socket.beat(),
          () => socket.terminate(),
        )();
    };
    const heartbeat = startTicking(beat, mount.heartbeat ?? defaults.heartbeat).unref();
    const state = { server: this.#createServer(mount), sockets, heartbeat };
    this.#states.set(mount, state);
    return state;
  }

  async #closeStates(which: (mount: SocketMount) => boolean): Promise<void> {
    const closing = [...this.#states].filter(([mount]) => which(mount));
    for (const [mount, { heartbeat }] of closing) {
      heartbeat.stop();
      this.#states.delete(mount);
    }
    await Promise.all(closing.map(([, { sockets }]) => closeSockets([...sockets.values()], this.#config.closeTimeout)));
  }
}

function protocolsOf(request: IncomingMessage): readonly string[] {
  const header = request.headers["sec-websocket-protocol"] ?? "";
  return header
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
