import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import {
  type ClientHost,
  type Clock,
  type HostReporter,
  type Logger,
  type Paths,
  type Role,
  SluiceError,
  type Transport,
  type TransportHost,
} from "../../core/contract/index.ts";
import { bearerOf, type HttpService, type MountHandle, parseJsonObject, roleAllows } from "../../core/kit/index.ts";
import { Assets } from "./assets.ts";
import type { WebMonitorConfig } from "./config.generated.ts";
import { Logins, type Person, sameText } from "./logins.ts";
import { prometheusText } from "./metrics.ts";
import { ModelStats } from "./model-stats.ts";
import { sendError, sendJson, sendText } from "./replies.ts";
import { textIn } from "./route.ts";
import { route } from "./routes.ts";
import { sendBundle } from "./run-routes.ts";
import { RunStarts } from "./run-starts.ts";
import { SampleFile } from "./sample-file.ts";
import { Sampler } from "./sampler.ts";
import { Shares } from "./shares.ts";

export interface MonitorServices {
  readonly host: TransportHost;
  readonly http: HttpService;
  readonly log: Logger;
  readonly clock: Clock;
  readonly paths: Paths;
  readonly reporter: HostReporter;
}

/** The transport that serves people: the page, what it asks for, and figures for machines that watch. */
export class MonitorTransport implements Transport {
  readonly #config: WebMonitorConfig;
  readonly #services: MonitorServices;
  readonly #undo: (() => unknown)[] = [];
  readonly #starts = new RunStarts();
  readonly #shares: Shares;
  #mounted: MountHandle | undefined;
  #logins: Logins | undefined;

  constructor(config: WebMonitorConfig, services: MonitorServices) {
    this.#config = config;
    this.#services = services;
    this.#shares = new Shares(services.clock, config.session);
  }

  get address(): string | undefined {
    return this.#mounted?.address;
  }

  link(): string | undefined {
    return this.#link(this.#config.role)?.link;
  }

  async start(): Promise<void> {
    const { host } = this.#services;
    const { listen, path, link, session } = this.#config;
    const { http, clock, log } = this.#services;
    const assets = await Assets.load();
    if (!assets.present) log.warn("the page has not been built; run npm run build");
    const ownKey = crypto.randomUUID();
    const logins = new Logins({ clock, key: () => host.info.token ?? ownKey, link, session });
    this.#logins = logins;
    // Figures are of the whole host, and tell nothing of what was said.
    const whole: ClientHost = host.as({ name: "figures", role: "operate" });
    const stats = new ModelStats(whole.feed);
    this.#undo.push(
      host.access.recognise((request) => logins.person(request)),
      host.access.onRotated(() => {
        logins.forgetLinks();
        this.#shares.clear();
      }),
      () => stats[Symbol.dispose](),
    );
    const samples = await this.#keepSamples(whole);
    const mount = async (at: string, methods: readonly string[], handle: HandleRequest) => {
      const mounted = await http.mountHttp({
        ...{ listen, path: at, methods, pages: true },
        handle: (request, response, body) =>
          handle(request, response, body).catch((error) => this.#fail(response, error)),
      });
      this.#undo.push(() => mounted[Symbol.asyncDispose]());
      return mounted;
    };
    const read = ["GET", "HEAD"];
    this.#mounted = await mount(`${path}/*`, read, async (request, response) => {
      const name = pathOf(request).slice(path.length + 1);
      if (await assets.send(name, request, response)) return;
      if (/\.\w+$/.test(name)) throw new SluiceError("SLUICE_FILE_NOT_FOUND", `there is no file ${name}`);
      assets.sendPage(path, request, response);
    });
    await mount("/", read, async (_request, response) => {
      response.writeHead(302, { location: `${path}/`, "cache-control": "no-store" }).end();
    });
    await mount(`${path}/api/*`, ["GET", "HEAD", "POST", "DELETE"], (request, response, body) =>
      this.#api(host, { stats, samples }, logins, request, response, body),
    );
    await mount("/healthz", read, async (_request, response) => sendJson(response, { status: "ok" }));
    if (this.#config.metrics === "off") return;
    await mount("/metrics", read, async (request, response) => {
      if (this.#config.metrics === "token" && !this.#knows(host, logins, request)) throw unknownPerson();
      sendText(response, await prometheusText(whole, stats), "text/plain; version=0.0.4; charset=utf-8");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#mounted = undefined;
    this.#logins = undefined;
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }

  /** For the charts. Each profile has a file of its own. */
  async #keepSamples(whole: ClientHost): Promise<SampleFile> {
    const { clock, log, paths } = this.#services;
    const profile = createHash("sha256").update(whole.info.profile).digest("hex").slice(0, 12);
    const samples = new SampleFile(join(paths.data, "samples", `${profile}.ndjson`), this.#config.keepSamples, log);
    await samples.load(clock.now());
    const sampler = new Sampler(whole, samples, this.#config.sample, () => clock.now());
    this.#undo.push(() => sampler[Symbol.asyncDispose]());
    return samples;
  }

  async #api(
    host: TransportHost,
    figures: { readonly stats: ModelStats; readonly samples: SampleFile },
    logins: Logins,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): Promise<void> {
    const url = new URL(request.url ?? "/", "http://host");
    const path = url.pathname.slice(this.#config.path.length + "/api/".length);
    if (path === "links" && request.method === "POST") return this.#sendLink(host, request, response, body);
    if (path === "shared" && request.method === "GET") {
      const { run, host: sharer } = this.#shares.find(request.headers["x-sluice-share"]);
      const left = new AbortController();
      response.once("close", () => left.abort());
      return sendBundle({ host: sharer, name: run, response, signal: left.signal });
    }
    if (path === "session") return this.#session(host, logins, request, response, body);
    const person = logins.person(request);
    if (person === undefined) throw unknownPerson();
    if (request.method !== "GET" && request.method !== "HEAD") demandMark(request, person);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const { reporter } = this.#services;
    const share = (run: string, sharer: ClientHost) => this.#share(run, sharer);
    const known = { ...figures, share, starts: this.#starts, reporter };
    const call = { host: host.as(person), ...known, person, request, response, query: url.searchParams };
    await route({ ...call, signal: gone.signal, origin: `monitor:${person.role}` }, path, body);
  }

  async #session(
    host: TransportHost,
    logins: Logins,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): Promise<void> {
    if (request.method === "POST") {
      const cookie = logins.signIn(textIn(jsonOf(body), "token"));
      this.#services.reporter.audit("monitor.sign-in", { client: request.socket.remoteAddress ?? "unknown" });
      response.setHeader("set-cookie", logins.setCookie(request, cookie));
      return sendJson(response, {});
    }
    const person = logins.person(request);
    if (person === undefined) throw unknownPerson();
    if (request.method === "DELETE") {
      demandMark(request, person);
      logins.signOut(request);
      response.setHeader("set-cookie", logins.setCookie(request, ""));
      return sendJson(response, {});
    }
    const { version, profile } = host.info;
    sendJson(response, {
      ...{ role: person.role, csrf: person.csrf, version, profile, host: host.info.host },
      expires: new Date(person.expires).toISOString(),
    });
  }

  /** For the command line, which holds the host's token: a new one-time link. */
  async #sendLink(
    host: TransportHost,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): Promise<void> {
    const token = bearerOf(request.headers.authorization);
    if (host.info.token === null || token === undefined || !sameText(token, host.info.token)) throw unknownPerson();
    const role = (jsonOf(body)["role"] ?? this.#config.role) as Role;
    if (!["read", "run", "operate", "configure"].includes(role) || !roleAllows(this.#config.role, role)) {
      throw new SluiceError("SLUICE_WIRE_FORBIDDEN", `links of this page grant ${this.#config.role} at most`, {
        cure: "Raise `role` of the web-monitor in the profile.",
      });
    }
    sendJson(response, this.#link(role));
  }

  #share(run: string, sharer: ClientHost): { readonly link: string; readonly expires: string } {
    const { token, expires } = this.#shares.add(run, sharer);
    const link = `${this.#mounted?.address ?? ""}${this.#config.path}/bundle#share=${token}`;
    return { link, expires: new Date(expires).toISOString() };
  }

  #link(role: Role): { readonly link: string; readonly expires: string } | undefined {
    if (this.#mounted === undefined || this.#logins === undefined) return undefined;
    const { token, expires } = this.#logins.createLink(role);
    // After the number sign: browsers never send that part to any server, nor does it stand in any log.
    return { link: `${this.#mounted.address}${this.#config.path}/#token=${token}`, expires };
  }

  #knows(host: TransportHost, logins: Logins, request: IncomingMessage): boolean {
    const token = bearerOf(request.headers.authorization);
    if (token === undefined) return logins.person(request) !== undefined;
    return host.info.token !== null && sameText(token, host.info.token);
  }

  #fail(response: ServerResponse, thrown: unknown): void {
    const error = SluiceError.from(thrown);
    if (error.code === "SLUICE_INTERNAL") this.#services.log.error(`a request failed: ${error.message}`);
    sendError(response, error);
  }
}

type HandleRequest = (request: IncomingMessage, response: ServerResponse, body: Buffer) => Promise<void>;

/** @throws SluiceError SLUICE_WIRE_FORBIDDEN for a write that does not come from the page itself */
function demandMark(request: IncomingMessage, person: Person): void {
  const mark = request.headers["x-sluice-csrf"];
  if (typeof mark === "string" && sameText(mark, person.csrf)) return;
  throw new SluiceError("SLUICE_WIRE_FORBIDDEN", "a write must carry the page's mark in x-sluice-csrf", {
    cure: "Reload the page.",
  });
}

function unknownPerson(): SluiceError {
  return new SluiceError("SLUICE_WIRE_AUTH", "nobody is signed in", {
    cure: "Open the link that `sluice up` printed, or get a new one with `sluice monitor`.",
  });
}

function jsonOf(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return body.length === 0 ? {} : parseJsonObject(body);
  } catch {
    throw new SluiceError("SLUICE_WIRE_PROTOCOL", "the body is not a JSON object");
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}
