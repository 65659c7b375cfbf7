import type { Agent, ClientRequest, RequestOptions } from "node:http";
import type { Duplex } from "node:stream";
import { SluiceError } from "../../../core/contract/index.ts";
import { containEvents, eventBounds, parseJson } from "../../../core/kit/index.ts";
import type { Address } from "./address.ts";

// An import statement would evaluate the getters of the whole module, and load undici by it: 25 ms of each start.
const http = process.getBuiltinModule("node:http");
/** Most engines are reached without, and it takes longer to load than a request. */
const secureHttp = () => process.getBuiltinModule("node:https");

/** Milliseconds without a byte after which a request is given up: an engine that hangs holds nobody. */
const LONGEST_SILENCE = 60_000;

const START_IT =
  "Start Docker: `systemctl start docker`, or `dockerd &` as root; on Debian `apt-get install docker.io` first.";

export interface EngineAnswer<T> {
  readonly status: number;
  readonly body: T;
}

export interface EngineRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Statuses that are answers and not errors, beside 2xx. */
  readonly accept?: readonly number[];
}

/**
 * The few calls that lie between a run and its container, straight over HTTP: importing dockerode takes longer than
 * starting a container. Everything else goes through dockerode.
 *
 * @throws SluiceError SLUICE_DOCKER_UNAVAILABLE when nobody listens, SLUICE_DOCKER_FAILED with the engine's message
 */
export class Engine {
  readonly address: Address;
  readonly #agent: Agent;

  constructor(address: Address) {
    this.address = address;
    const options = { keepAlive: true, maxSockets: 32 };
    this.#agent = "secure" in address && address.secure ? new (secureHttp().Agent)(options) : new http.Agent(options);
  }

  async call<T>(path: string, request: EngineRequest = {}): Promise<EngineAnswer<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<EngineAnswer<T>>();
    const payload = request.body === undefined ? undefined : JSON.stringify(request.body);
    const sent = this.#request(path, request, payload === undefined ? {} : { "content-type": "application/json" });
    sent.on("error", (error) => reject(this.#unreachable(error, request.signal)));
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      containEvents(response, reject);
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", (error) => reject(this.#unreachable(error, request.signal)));
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        const body = parse(Buffer.concat(chunks).toString("utf8"));
        if ((status >= 200 && status < 300) || request.accept?.includes(status)) resolve({ status, body: body as T });
        else reject(refused(path, status, body));
      });
    });
    sent.end(payload);
    return promise;
  }

  /** Takes the connection over: what the container writes comes out of it, what is written goes to its stdin. */
  async attach(container: string, signal?: AbortSignal): Promise<Duplex> {
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    const path = `/containers/${container}/attach?stream=1&stdin=1&stdout=1&stderr=1`;
    const headers = { connection: "Upgrade", upgrade: "tcp" };
    const sent = this.#request(path, { method: "POST", signal }, headers, false);
    sent.on("error", (error) => reject(this.#unreachable(error, signal)));
    sent.on("upgrade", (_response, socket, head) => {
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    sent.on("response", (response) => {
      response.resume();
      reject(refused(path, response.statusCode ?? 0, undefined));
    });
    sent.end();
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }

  #request(path: string, request: EngineRequest, headers: Record<string, string>, pooled = true): ClientRequest {
    const { address } = this;
    const secure = "secure" in address && address.secure;
    const options: RequestOptions & { servername?: string } = {
      path,
      method: request.method ?? "GET",
      headers,
      ...("socketPath" in address ? { socketPath: address.socketPath } : { host: address.host, port: address.port }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      ...(pooled ? { agent: this.#agent } : { agent: false }),
      // Only TLS needs it, and to find it out takes Node milliseconds at the first request.
      ...(secure ? {} : { servername: "" }),
    };
    const sent = secure ? secureHttp().request(options) : http.request(options);
    const silent = `it has not answered for ${LONGEST_SILENCE / 1000} s`;
    return sent.setTimeout(LONGEST_SILENCE, () => sent.destroy(new Error(silent)));
  }

  #unreachable(error: Error, signal: AbortSignal | undefined): Error {
    if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : error;
    const { code } = error as NodeJS.ErrnoException;
    const why = whyOf(code) ?? code ?? error.message;
    return new SluiceError(
      "SLUICE_DOCKER_UNAVAILABLE",
      `the Docker engine at ${this.address.text} cannot be reached: ${why}`,
      {
        cause: error,
        cure: code === "EACCES" ? "Add this user to the group docker, or use a rootless engine." : START_IT,
      },
    );
  }
}

function whyOf(code: string | undefined): string | undefined {
  if (code === "EACCES") return "this user may not open it";
  if (code === "ENOENT") return "there is no such socket";
  if (code === "ECONNREFUSED") return "nobody answers";
  return code?.startsWith("HPE_") ? "what answers there is no Docker engine" : undefined;
}

function refused(path: string, status: number, body: unknown): SluiceError {
  const told =
    typeof body === "object" && body !== null && "message" in body ? String(body.message) : `status ${status}`;
  const error = new SluiceError("SLUICE_DOCKER_FAILED", `the Docker engine refused ${path.split("?")[0]}: ${told}`);
  return Object.assign(error, { status });
}

/** The HTTP status behind a SLUICE_DOCKER_FAILED, if it is one. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof SluiceError && "status" in error ? Number(error.status) : undefined;
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return parseJson(text, eventBounds);
  } catch {
    return text;
  }
}
