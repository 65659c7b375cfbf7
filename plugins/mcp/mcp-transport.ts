import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createMcpHandler,
  isJsonContentType,
  isLegacyRequest,
  type McpHttpHandler,
} from "@modelcontextprotocol/server";
import { type Grant, type Logger, SluiceError, type Transport, type TransportHost } from "../../core/contract/index.ts";
import {
  Access,
  bearerOf,
  type HttpService,
  type MountHandle,
  parseJson,
  runHost,
  waitFor,
} from "../../core/kit/index.ts";
import { type Caller, SessionLimit, Slots } from "./caller.ts";
import type { McpConfig } from "./config.generated.ts";
import { failure, ProtocolSessions } from "./protocol-sessions.ts";
import { createServer } from "./server.ts";
import { leaving, send, toRequest } from "./web.ts";

/** Milliseconds for the answers of calls whose runs were cancelled because the host stops. */
const lastWords = 1000;
/** Milliseconds between looks for protocol sessions that nobody uses. */
const sweepPause = 60_000;

/** The transport that speaks the Model Context Protocol over HTTP, in its present revision and the ones before. */
export class McpTransport implements Transport {
  readonly #config: McpConfig;
  readonly #host: TransportHost;
  readonly #http: HttpService;
  readonly #log: Logger;
  readonly #callers = new Map<string, Caller>();
  /** Answers on their way; the streams that clients hold open for news are not among them. */
  readonly #answers = new Set<Promise<void>>();
  #access = new Access([]);
  #mounted: MountHandle | undefined;
  #handler: McpHttpHandler | undefined;
  #sessions: ProtocolSessions | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #draining = false;
  #unlisten: (() => void) | undefined;

  constructor(config: McpConfig, host: TransportHost, http: HttpService, log: Logger) {
    this.#config = config;
    this.#host = host;
    this.#http = http;
    this.#log = log;
  }

  get address(): string | undefined {
    return this.#mounted?.address;
  }

  async start(): Promise<void> {
    const host = this.#host;
    const { listen, path, origins, tokens, limits, idle } = this.#config;
    const main = { name: "main", role: "configure" as const };
    this.#access = new Access(() => {
      const token = this.#config.token ?? host.info.token;
      return [...(token === null ? [] : [{ ...main, token }]), ...tokens];
    });
    if (this.#access.empty) this.#log.warn("there is no token, so nobody can connect");
    this.#admit(host, [main, ...tokens]);
    if (this.#config.token === undefined) {
      this.#unlisten = host.access.onRotated(() => void this.#sessions?.close(main.name));
    }
    const onerror = (error: Error) => this.#log.debug(`a request was refused: ${error.message}`);
    this.#handler = createMcpHandler(({ authInfo }) => createServer(this.#caller(authInfo?.clientId)), {
      legacy: "reject",
      // A stream says early that the server is there, and keeps clients from giving up on long calls.
      responseMode: "sse",
      onerror,
    });
    const create = (name: string) => createServer(this.#caller(name));
    this.#sessions = new ProtocolSessions(create, limits.connections, idle);
    this.#sweep = setInterval(() => this.#sessions?.sweep(), sweepPause);
    this.#sweep.unref();
    this.#mounted = await this.#http.mountHttp({
      listen,
      path,
      origins,
      methods: ["POST", "GET", "DELETE"],
      handle: (request, response, body) => this.#handle(request, response, body),
    });
  }

  /** Takes no more calls, and lets those under way answer. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true;
    for (const { slots } of this.#callers.values()) slots.close();
    await waitFor(this.#idle(), { signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#draining) await waitFor(this.#idle(), { limit: lastWords });
    this.#draining = true;
    this.#unlisten?.();
    clearInterval(this.#sweep);
    await this.#sessions?.close();
    await this.#handler?.close();
    const mounted = this.#mounted;
    this.#mounted = undefined;
    await mounted?.[Symbol.asyncDispose]();
  }

  #admit(host: TransportHost, grants: readonly Grant[]): void {
    const { limits } = this.#config;
    for (const { name, role } of grants) {
      const own = host.as({ name, role });
      const slots = new Slots(limits.runs);
      const sessions = new SessionLimit(limits.sessions, own);
      this.#callers.set(name, { name, host: runHost(own), config: this.#config, slots, sessions });
    }
  }

  #caller(name: string | undefined): Caller {
    const caller = this.#callers.get(name ?? "");
    if (caller === undefined) throw new SluiceError("SLUICE_WIRE_AUTH", "nobody is known by that name");
    return caller;
  }

  async #handle(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const token = bearerOf(request.headers.authorization);
    const grant = token === undefined ? undefined : this.#access.verify(token);
    if (grant === undefined) {
      const message = token === undefined ? "a token is needed" : "the token is wrong";
      const { code, ...error } = new SluiceError("SLUICE_WIRE_AUTH", message).toBody();
      response.writeHead(401, { "content-type": "application/json", "www-authenticate": "Bearer" });
      response.end(
        JSON.stringify({ jsonrpc: "2.0", error: { code: -32000, message, data: { code, ...error } }, id: null }),
      );
      return;
    }
    const left = leaving(response);
    const message = parse(body);
    const sent = this.#answer(toRequest(request, body, left), message, grant.name).then((answer) =>
      send(response, answer, left),
    );
    if (isCall(message)) {
      this.#answers.add(sent);
      sent.finally(() => this.#answers.delete(sent)).catch(() => undefined);
    }
    await sent;
  }

  async #answer(request: Request, message: unknown, name: string): Promise<Response> {
    if (request.method === "POST" && isJsonContentType(request.headers.get("content-type")) && message === undefined) {
      return failure(400, -32700, "Parse error: the request body is not valid JSON");
    }
    if (this.#handler === undefined || this.#sessions === undefined)
      return failure(503, -32000, "the host is stopping");
    if (await isLegacyRequest(request, message)) return this.#sessions.handle(request, name, message);
    const authInfo = { token: "", clientId: name, scopes: [] };
    return this.#handler.fetch(request, { authInfo, ...(message === undefined ? {} : { parsedBody: message }) });
  }

  async #idle(): Promise<void> {
    await Promise.allSettled(this.#answers);
  }
}

function isCall(message: unknown): boolean {
  return typeof message === "object" && message !== null && "method" in message && message.method === "tools/call";
}

function parse(body: Buffer): unknown {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}
