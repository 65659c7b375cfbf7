import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import {
  type Clock,
  type Grant,
  type HostReporter,
  type Logger,
  SluiceError,
  type Transport,
  type TransportHost,
  type WireAddress,
} from "../../core/contract/index.ts";
import {
  Access,
  bearerOf,
  type HttpService,
  type MountHandle,
  type SocketVerdict,
  startTicking,
  type Timer,
  type TransportSocket,
  waitFor,
} from "../../core/kit/index.ts";
import { closeCode, protocol, type WebsocketConfig } from "./config.ts";
import { WireConnection } from "./connection.ts";
import type { Peer, TransportContext } from "./peer.ts";
import { clientsOfToken, RunRegister, tokenOf } from "./run-register.ts";
import { SharedBytes } from "./shared-bytes.ts";
import { Tickets } from "./tickets.ts";

export interface WebsocketServices {
  readonly host: TransportHost;
  readonly http: HttpService;
  readonly log: Logger;
  readonly clock: Clock;
  readonly reporter: HostReporter;
}

/** Whom the one token lets in that may be the host's own. */
const main = "main";
/** Milliseconds for the ends of runs that were cancelled because the host stops. */
const lastWords = 1000;

/** The transport that speaks `sluice.v1`. */
export class WebsocketTransport implements Transport {
  readonly #config: WebsocketConfig;
  readonly #services: WebsocketServices;
  readonly #connections = new Set<WireConnection>();
  readonly #tickets: Tickets;
  readonly #runs: RunRegister;
  #access = new Access([]);
  #mounted: MountHandle | undefined;
  #beat: Timer | undefined;
  #draining = false;
  #unlisten: (() => void) | undefined;

  constructor(config: WebsocketConfig, services: WebsocketServices) {
    this.#config = config;
    this.#services = services;
    this.#tickets = new Tickets(services.clock, config.ticket);
    this.#runs = new RunRegister(config.limits.runs, config.detach);
  }

  get address(): string | undefined {
    return this.#mounted?.address;
  }

  wire(): WireAddress | undefined {
    const { path, token } = this.#config;
    if (this.address === undefined) return undefined;
    return { url: new URL(path, this.address).href, ...(token === undefined ? {} : { token }) };
  }

  async start(): Promise<void> {
    const { host } = this.#services;
    const { listen, path, origins, heartbeat, tokens } = this.#config;
    this.#access = new Access(() => {
      const token = this.#config.token ?? host.info.token;
      return [...(token === null ? [] : [{ name: main, token, role: "configure" as const }]), ...tokens];
    });
    this.#unlisten = host.access.onRotated(() => this.#rotated());
    if (this.#access.empty) this.#services.log.warn("there is no token, so nobody can connect");
    const context = this.#context();
    this.#mounted = await this.#services.http.mountSocket({
      listen,
      path,
      origins,
      heartbeat,
      subprotocol: protocol.name,
      maxPayload: protocol.frame,
      authorize: (request) => this.#authorize(request, host),
      connected: (socket, _request, grant) => this.#connected(context, host, socket, grant as Grant | undefined),
    });
    const own = host.as({ name: "beat", role: "read" });
    this.#beat = startTicking(() => this.#sendBeat(own.runs.active), heartbeat).unref();
  }

  /** Takes nothing new, and lets clients see how their runs end; then sends everybody away. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true;
    await this.#finished(this.#config.drain, signal);
    // A drain that is cut short cancels the runs: their ends are on the way, and dispose waits for them.
    if (!signal.aborted) this.#sendAway();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#draining) await this.#finished(Math.min(this.#config.drain, lastWords));
    this.#draining = true;
    this.#unlisten?.();
    this.#sendAway();
    this.#beat?.stop();
    const mounted = this.#mounted;
    this.#mounted = undefined;
    await mounted?.[Symbol.asyncDispose]();
    for (const connection of this.#connections) connection.dispose();
    this.#connections.clear();
  }

  #context(): TransportContext {
    const transport = this;
    const { log, clock, reporter } = this.#services;
    return {
      ...{ config: this.#config, log, clock, reporter, tickets: this.#tickets, runs: this.#runs },
      uploadTotal: new SharedBytes(),
      downloadTotal: new SharedBytes(),
      boot: randomUUID(),
      get draining() {
        return transport.#draining;
      },
    };
  }

  /** The header or the second subprotocol proves the client here; one that carries neither is known to another transport (a page's cookie), or says a token in its hello. */
  #authorize(request: IncomingMessage, host: TransportHost): SocketVerdict {
    if (this.#draining) return { accept: false, status: 503, reason: "the host is going away" };
    if (this.#connections.size >= this.#config.limits.sockets) {
      return { accept: false, status: 503, reason: "too many sockets" };
    }
    const token = bearerOf(request.headers.authorization) ?? protocolToken(request);
    if (token === undefined) return { accept: true, grant: host.access.grantOf(request) };
    const grant = this.#redeem(token);
    return grant === undefined ? { accept: false, status: 401, reason: "the token is wrong" } : { accept: true, grant };
  }

  #redeem(token: string): Grant | undefined {
    return this.#access.verify(token) ?? this.#tickets.redeem(token);
  }

  #connected(context: TransportContext, host: TransportHost, socket: TransportSocket, grant: Grant | undefined): void {
    const id = `connection-${randomBytes(6).toString("hex")}`;
    const connection = new WireConnection(id, socket, grant, context, {
      redeem: (token) => this.#redeem(token),
      hostOf: (principal) => host.as(principal),
      admitted: (peer) => this.#admit(peer),
    });
    this.#connections.add(connection);
    socket.onClose((code, reason) => {
      if (!this.#connections.delete(connection)) return;
      connection.dispose();
      if (connection.peer === undefined) return;
      context.reporter.connection(id, "closed", reason === "" ? `closed with ${code}` : `${code} ${reason}`);
    });
  }

  /** The host has another token. Pages are let in by cookies, which were good with the old one alone. */
  #rotated(): void {
    const gone = ({ name, realm }: Grant) => realm !== undefined || (name === main && this.#config.token === undefined);
    this.#tickets.revoke(gone);
    for (const connection of this.#connections) {
      if (connection.grant !== undefined && gone(connection.grant)) {
        connection.close(closeCode.auth, "the token was replaced");
      }
    }
  }

  #admit(peer: Peer): void {
    const { connections: limit, sockets } = this.#config.limits;
    const peers = [...this.#connections].flatMap((other) => other.peer ?? []);
    const refuse = (who: string, most: number) => {
      throw new SluiceError("SLUICE_OVERLOADED", `${who} may have ${most} connections`, { retryAfter: 5000 });
    };
    if (peers.filter(({ owner }) => owner === peer.owner).length >= limit) refuse("a client", limit);
    // No client takes all there are.
    const together = Math.min(limit * clientsOfToken, Math.ceil((sockets * 3) / 4));
    const token = tokenOf(peer.owner);
    if (peers.filter(({ owner }) => tokenOf(owner) === token).length >= together) {
      refuse("the clients of one token", together);
    }
    this.#services.reporter.connection(peer.connection, "open", peer.label);
  }

  #sendBeat(active: number): void {
    const time = new Date(this.#services.clock.now()).toISOString();
    for (const connection of this.#connections) connection.beat(time, active);
  }

  #sendAway(): void {
    this.#runs.close();
    for (const connection of this.#connections) connection.close(closeCode.goingAway, "the host is going away");
  }

  /** Resolves when every run has ended and everybody has been told, or after `limit` milliseconds. */
  async #finished(limit: number, signal?: AbortSignal): Promise<void> {
    await waitFor(this.#told(), { limit, signal });
  }

  async #told(): Promise<void> {
    await this.#runs.ended();
    await Promise.all([...this.#connections].map((connection) => connection.followed()));
  }
}

/** The token of the pair `sluice.v1, bearer.<base64url>`, which browsers can send and headers they cannot. */
function protocolToken(request: IncomingMessage): string | undefined {
  const prefix = "bearer.";
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const found = offered.find((name) => name.startsWith(prefix));
  return found === undefined ? undefined : Buffer.from(found.slice(prefix.length), "base64url").toString("utf8");
}
