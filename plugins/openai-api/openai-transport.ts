import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type HostApi,
  type Logger,
  SluiceError,
  type Transport,
  type TransportHost,
} from "../../core/contract/index.ts";
import {
  Access,
  bearerOf,
  type HttpService,
  type MountHandle,
  plural,
  unknownName,
  waitFor,
} from "../../core/kit/index.ts";
import { Completion } from "./completion.ts";
import type { OpenaiApiConfig } from "./config.generated.ts";
import { PictureSource } from "./picture-source.ts";
import { type CompletionRequest, readRequest } from "./request.ts";
import { fail, json } from "./response.ts";

type Handler = (
  host: HostApi,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
) => void | Promise<void>;

/** The transport that speaks OpenAI's chat completions. */
export class OpenaiTransport implements Transport {
  readonly #config: OpenaiApiConfig;
  readonly #host: TransportHost;
  readonly #http: HttpService;
  readonly #log: Logger;
  readonly #pictures: PictureSource;
  readonly #mounted: MountHandle[] = [];
  #access = new Access([]);
  #started = 0;
  #draining = false;
  readonly #underWay = new Set<Promise<void>>();

  constructor(config: OpenaiApiConfig, host: TransportHost, http: HttpService, log: Logger) {
    this.#config = config;
    this.#host = host;
    this.#http = http;
    this.#log = log;
    this.#pictures = new PictureSource(config.pictures, log);
  }

  get address(): string | undefined {
    return this.#mounted[0]?.address;
  }

  async start(): Promise<void> {
    const served = this.#host;
    const holder = { name: "openai", role: "run" as const };
    this.#access = new Access(() => {
      const token = this.#config.token ?? served.info.token;
      return token === null ? [] : [{ ...holder, token }];
    });
    const host = served.as(holder);
    if (this.#access.empty) this.#log.warn("there is no token, so nobody can connect");
    this.#started = Math.floor(Date.now() / 1000);
    await this.#mount(host, "POST", "/chat/completions", (...call) => this.#complete(...call));
    await this.#mount(host, "GET", "/models", (_host, _request, response) => {
      json(response, { object: "list", data: this.#models(host) });
    });
    await this.#mount(host, "GET", "/models/*", (_host, request, response) => this.#model(host, request, response));
  }

  /** Lets requests under way end. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#draining = true;
    await waitFor(Promise.all(this.#underWay), { signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true;
    for (const mounted of this.#mounted.splice(0).reverse()) await mounted[Symbol.asyncDispose]();
  }

  async #mount(host: HostApi, method: string, path: string, handler: Handler): Promise<void> {
    const { listen, origins } = this.#config;
    const mounted = await this.#http.mountHttp({
      listen,
      origins,
      path: `${this.#config.path}${path}`,
      methods: [method],
      handle: async (request, response, body) => {
        try {
          this.#authenticate(request);
          await handler(host, request, response, body);
        } catch (error) {
          const known = SluiceError.from(error);
          if (known.code === "SLUICE_INTERNAL") this.#log.error(`a request failed: ${known.message}`);
          if (response.headersSent) response.destroy();
          else fail(response, known);
        }
      },
    });
    this.#mounted.push(mounted);
  }

  #authenticate(request: IncomingMessage): void {
    const token = bearerOf(request.headers.authorization);
    if (token !== undefined && this.#access.verify(token) !== undefined) return;
    throw new SluiceError("SLUICE_WIRE_AUTH", token === undefined ? "an API key is needed" : "the API key is wrong");
  }

  async #complete(host: HostApi, _request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    if (this.#draining) throw new SluiceError("SLUICE_HOST_STOPPING", "the host is stopping", { retryAfter: 1000 });
    if (this.#underWay.size >= this.#config.runs) {
      const message = `${plural(this.#config.runs, "answer is", "answers are")} under way`;
      throw new SluiceError("SLUICE_OVERLOADED", message, { retryAfter: 1000 });
    }
    const request = readRequest(body);
    if (!this.#models(host).some(({ id }) => id === request.model)) throw this.#unknown(host, request.model);
    await this.#fetchPictures(request, response);
    if (response.destroyed) return;
    const { text, files, history, model: flow } = request;
    const handle = host.runs.open({
      flow,
      input: { text, files },
      history,
      timeout: this.#config.timeout,
    });
    // What its clients show beside an error, and what finds the run in the log.
    response.setHeader("x-request-id", handle.run);
    const answer = new Completion(handle, request, response, this.#config.show).answer();
    const over = answer.catch(() => undefined).finally(() => this.#underWay.delete(over));
    this.#underWay.add(over);
    await answer;
  }

  /** A client that goes away has nothing fetched for it any more. */
  async #fetchPictures({ wanted }: CompletionRequest, response: ServerResponse): Promise<void> {
    if (wanted.length === 0) return;
    const left = new AbortController();
    const leave = () => left.abort();
    response.once("close", leave);
    await this.#pictures.fetchAll(wanted, left.signal);
    response.off("close", leave);
    if (this.#draining) throw new SluiceError("SLUICE_HOST_STOPPING", "the host is stopping", { retryAfter: 1000 });
  }

  #model(host: HostApi, request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? "/", "http://host").pathname.slice(`${this.#config.path}/models/`.length);
    const name = path.replaceAll("%2F", "/").replaceAll("%2f", "/");
    const found = this.#models(host).find(({ id }) => id === name);
    if (found === undefined) throw this.#unknown(host, name);
    json(response, found);
  }

  /** Flows first: of a flow and a model with one name, the flow answers. */
  #models(host: HostApi): readonly { readonly id: string }[] {
    const present = host.models.list().filter(({ status }) => status === "ok" || status === "degraded");
    const ids = new Set([...host.flows.map(({ name }) => name), ...present.map(({ id }) => id)]);
    return [...ids].map((id) => ({ id, object: "model", created: this.#started, owned_by: "sluicebox" }));
  }

  #unknown(host: HostApi, name: string): SluiceError {
    const known = this.#models(host).map(({ id }) => id);
    const none = "Add a flow or a model to the profile.";
    return unknownName({
      ...{ code: "SLUICE_FLOW_NOT_FOUND", what: "flow or model", said: name, known, where: "the profile", none },
    });
  }
}
