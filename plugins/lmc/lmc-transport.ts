import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { NEVER, type Observable, of } from "rxjs";
import {
  type ClientHost,
  type Health,
  type HostReporter,
  type Logger,
  type ModelParameters,
  type RunHandle,
  type RunInput,
  SluiceError,
  type Transport,
  type TransportHost,
} from "../../core/contract/index.ts";
import {
  Access,
  type HttpMount,
  type HttpService,
  isLoopback,
  type MountHandle,
  type TransportSocket,
  unknownFlow,
  waitFor,
} from "../../core/kit/index.ts";
import { complete } from "./completions.ts";
import type { LmcConfig } from "./config.generated.ts";
import { ClientConnection } from "./connection.ts";
import type { ConversationSettings } from "./conversation-settings.ts";
import { Conversations } from "./conversations.ts";
import { json, type LmcHttpCall, type LmcHttpRoute } from "./http.ts";
import { download, runCode, upload } from "./insecure.ts";
import { LmcSettings } from "./settings.ts";

export interface LmcServices {
  readonly host: TransportHost;
  readonly http: HttpService;
  readonly log: Logger;
  readonly reporter: HostReporter;
}

type LmcSpeech = Extract<RunInput, { text: string }>;
/** Opens a run, and keeps what is said in it. */
type Speak = (host: ClientHost, session: string, input: LmcSpeech, manner: Manner) => RunHandle;

/** How a run is opened for a client. */
interface Manner {
  readonly settings: ConversationSettings;
  /** See `OpenOptions.parameters`. */
  readonly parameters: ModelParameters;
  readonly interactive: boolean;
  readonly asks: () => boolean;
}

const keylessReason = "key: none lets every program of this machine connect";

/** Who holds the key. */
const holder = "holder";
/** Who asks over HTTP where no key is wanted: such requests cannot be told apart. */
const anybody = "http";

/** The transport that speaks LMC over a WebSocket without a subprotocol, with the original's HTTP routes beside it. */
export class LmcTransport implements Transport {
  readonly #config: LmcConfig;
  readonly #services: LmcServices;
  #access = new Access([]);
  readonly #connections = new Set<ClientConnection>();
  readonly #mounted: MountHandle[] = [];
  #draining = false;
  #unlisten: (() => void) | undefined;
  /** Seen by everybody who looks at the host, the page's overview among them. */
  readonly health$: Observable<Health>;

  constructor(config: LmcConfig, services: LmcServices) {
    this.#config = config;
    this.#services = services;
    this.health$ = this.#keyless ? of({ status: "degraded", reason: keylessReason }) : NEVER;
  }

  get address(): string | undefined {
    return this.#mounted[0]?.address;
  }

  async start(): Promise<void> {
    const { host } = this.#services;
    const { http, log } = this.#services;
    const { key: own } = this.#config;
    if (!this.#keyless) {
      this.#access = new Access(() => {
        const token = own ?? host.info.token;
        return token === null ? [] : [{ name: holder, role: "run", token }];
      });
    }
    if (own === undefined) this.#unlisten = host.access.onRotated(() => this.#sendAway());
    const { listen, path, origins, heartbeat } = this.#config;
    if (!host.flows.some(({ name }) => name === this.#config.flow)) {
      throw unknownFlow(
        this.#config.flow,
        host.flows.map(({ name }) => name),
      );
    }
    if (this.#keyless && !isLoopback(listen)) {
      throw new SluiceError("SLUICE_CONFIG_UNSAFE", `${listen} can be reached from other machines, and no key is set`);
    }
    if (this.#keyless) log.warn(keylessReason);
    else if (this.#access.empty) log.warn("there is no key, so nobody can connect");
    const conversations = new Conversations();
    const settings = new LmcSettings(this.#config, conversations);
    const speak: Speak = (own, session, input, manner) =>
      conversations.hear(own, this.#open(own, session, input, manner), session, input.text);
    const connected = (socket: TransportSocket, request: IncomingMessage) =>
      this.#connected(host, settings, speak, socket, request);
    const authorize = () => {
      if (this.#draining) return { accept: false, status: 503, reason: "the host is going away" } as const;
      if (this.#connections.size < this.#config.sockets) return { accept: true } as const;
      return { accept: false, status: 503, reason: "too many sockets" } as const;
    };
    // The classic clients' WebSocket library sends the server's own address as its origin.
    const place = { listen, path, origins, ownOrigin: true, subprotocol: null };
    this.#mounted.push(await http.mountSocket({ ...place, heartbeat, authorize, connected }));
    for (const route of this.#routes(settings, speak))
      this.#mounted.push(await http.mountHttp(this.#httpMount(host, route)));
  }

  /** Lets answers under way end. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true;
    await waitFor(Promise.all([...this.#connections].map((connection) => connection.idle)), { signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true;
    this.#unlisten?.();
    for (const mounted of this.#mounted.splice(0).reverse()) await mounted[Symbol.asyncDispose]();
    for (const connection of this.#connections) connection.dispose();
    this.#connections.clear();
  }

  /** The host has another token: whoever showed the old one may show the new one. */
  #sendAway(): void {
    for (const connection of this.#connections) connection.close("the token was replaced");
  }

  get #keyless(): boolean {
    return this.#config.key === "none";
  }

  /** Without a key nobody proves anything, and so each connection is somebody of its own. */
  #as(host: TransportHost, stranger: string): ClientHost {
    const { role } = this.#config;
    return this.#keyless ? host.as({ name: stranger, role: "run" }) : host.as({ name: holder, role });
  }

  #connected(
    served: TransportHost,
    settings: LmcSettings,
    speak: Speak,
    socket: TransportSocket,
    request: IncomingMessage,
  ): void {
    const id = `lmc-${randomBytes(6).toString("hex")}`;
    const named = queryOf(request).get("session") || undefined;
    const host = this.#as(served, id);
    let session = named ?? id;
    let generation = settings.of(host, named).generation;
    // Without a key, settings over HTTP have no owner; they may make this connection more careful, and no less.
    const asks = () =>
      settings.of(host, named).asks || (this.#keyless && settings.of(this.#as(served, anybody), named).asks);
    const connection = new ClientConnection(socket, {
      acknowledge: this.#config.acknowledge,
      authTimeout: this.#config.authTimeout,
      authenticate: (key) => this.#allows(key),
      autoRun: () => settings.of(host, named).autoRun && !asks(),
      open: (text, files) => {
        const present = settings.of(host, named).generation;
        if (named === undefined && generation !== present) {
          // The client emptied `messages`: the conversation begins anew.
          generation = present;
          void host.sessions.close(session);
          session = `${id}-${generation}`;
        }
        // Whoever is connected can say go. Nobody can ask for a conversation whose session has no name.
        const manner: Manner = { ...settings.mannerOf(host, named), interactive: true, asks };
        if (named === undefined) return this.#open(host, session, { text, files }, manner);
        return speak(host, session, { text, files }, manner);
      },
    });
    this.#connections.add(connection);
    this.#services.reporter.connection(id, "open", session);
    socket.onClose((code) => {
      if (!this.#connections.delete(connection)) return;
      connection.dispose();
      // Nobody could come back to it. The host lets go of no session of that name that belongs to somebody else.
      if (named === undefined || this.#keyless) void host.sessions.close(session).catch(() => undefined);
      this.#services.reporter.connection(id, "closed", `closed with ${code}`);
    });
  }

  #open(host: ClientHost, session: string, { text, files }: LmcSpeech, manner: Manner): RunHandle {
    if (this.#draining) throw new SluiceError("SLUICE_HOST_STOPPING", "the host is stopping");
    const { settings, parameters, interactive, asks: approve } = manner;
    const input = { text: settings.instructed(session, text), ...(files === undefined ? {} : { files }) };
    return host.runs.open({ flow: this.#config.flow, session, input, interactive, approve, parameters });
  }

  #allows(key: unknown): boolean {
    if (this.#keyless) return true;
    return typeof key === "string" && this.#access.verify(key) !== undefined;
  }

  #routes(settings: LmcSettings, speak: Speak): readonly LmcHttpRoute[] {
    const open = (call: LmcHttpCall, text: string, interactive: boolean) => {
      const own = settings.mannerOf(call.host, call.named ? call.session : undefined);
      const asks = () => own.settings.asks;
      return speak(call.host, call.session, { text, files: [] }, { ...own, interactive, asks });
    };
    const routes: LmcHttpRoute[] = [
      { method: "POST", path: "/settings", handle: (call) => settings.post(call) },
      { method: "GET", path: "/settings/*", handle: (call) => settings.get(call) },
      {
        method: "POST",
        path: "/openai/chat/completions",
        handle: (call) => complete(call, open, settings.ofCall(call).autoRun),
      },
      { method: "GET", path: "/heartbeat", open: true, handle: ({ response }) => json(response, { status: "alive" }) },
    ];
    if (!this.#config.insecureRoutes) return routes;
    return [
      ...routes,
      { method: "POST", path: "/run", handle: (call) => runCode(call, this.#config.runFlow) },
      { method: "POST", path: "/upload", handle: (call) => upload(call) },
      { method: "GET", path: "/download/*", handle: (call) => download(call) },
    ];
  }

  #httpMount(served: TransportHost, route: LmcHttpRoute): HttpMount {
    const { listen, origins, session } = this.#config;
    return {
      listen,
      origins,
      path: route.path,
      methods: [route.method],
      handle: (request: IncomingMessage, response: ServerResponse, body: Buffer) => {
        if (route.open !== true && !this.#allows(request.headers["x-api-key"])) {
          json(response, { detail: "Authentication failed" }, 403);
          return;
        }
        const query = queryOf(request);
        const named = query.get("session") || undefined;
        const host = this.#as(served, anybody);
        return route.handle({ request, response, body, host, session: named ?? session, named: named !== undefined });
      },
    };
  }
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URL(request.url ?? "/", "http://host").searchParams;
}
