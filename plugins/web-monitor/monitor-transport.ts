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
import { ConversationNames } from "./conversation-names.ts";
import { LogArchive } from "./log-archive.ts";
import { Logins, type Person, sameText } from "./logins.ts";
import { prometheusText } from "./metrics.ts";
import { ModelStats } from "./model-stats.ts";
import { sendError, sendJson, sendText } from "./replies.ts";
import { type Call, textIn } from "./route.ts";
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
    this.#shares = new Shares(services.clock, () => `${this.#mounted?.address ?? ""}${config.path}`);
  }

  get address(): string | undefined {
    return this.#mounted?.address;
  }

  link(): string | undefined {
    return this.#link(this.#config.role)?.link;
  }

  async start(): Promise<void> {
    const { listen, path, link, session, role } = this.#config;
    const { host, http, clock, log } = this.#services;
    const assets = await Assets.load();
    if (!assets.present) log.warn("the page has not been built; run npm run build");
    const ownKey = crypto.randomUUID();
    const logins = new Logins({ clock, key: () => host.info.token ?? ownKey, link, session, most: role });
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
      () => this.#shares.clear(),
    );
    const samples = await this.#keepSamples(whole);
    const archive = await this.#keepLogs(whole);
    const names = this.#keepNames(whole);
    const mount = async (
      at: string,
      methods: readonly string[],
      handle: HandleRequest,
      origins?: readonly string[],
    ) => {
      const mounted = await http.mountHttp({
        ...{ listen, path: at, methods, pages: true, origins },
        handle: (request, response, body) =>
          handle(request, response, body).catch((error) => this.#fail(response, error)),
      });
      this.#undo.push(() => mounted[Symbol.asyncDispose]());
      return mounted;
    };
    const read = ["GET", "HEAD"];
    const page: HandleRequest = async (request, response) => {
      const name = pathOf(request).slice(path.length + 1);
      if (await assets.send(name, request, response)) return;
      if (/\.\w+$/.test(name)) throw new SluiceError("SLUICE_FILE_NOT_FOUND", `there is no file ${name}`);
      assets.sendPage(path, request, response);
    };
    this.#mounted = await mount(`${path}/*`, read, page);
    // Frames of charts have no origin, which browsers write so.
    await mount(`${path}/frames/*`, read, page, ["null"]);
    await mount("/", read, async (_request, response) => {
      response.writeHead(302, { location: `${path}/`, "cache-control": "no-store" }).end();
    });
    await mount(`${path}/api/*`, ["GET", "HEAD", "POST", "DELETE"], (request, response, body) =>
      this.#api(host, { stats, samples, archive, names }, logins, request, response, body),
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

  /** Where something is kept; each profile has a place of its own. */
  #folder(kind: string, { info }: ClientHost): string {
    const profile = createHash("sha256").update(info.profile).digest("hex").slice(0, 12);
    return join(this.#services.paths.data, kind, profile);
  }

  async #keepLogs(whole: ClientHost): Promise<LogArchive> {
    const { log, paths } = this.#services;
    const folder = this.#folder("logs", whole);
    const archive = await LogArchive.open(folder, this.#config.keepLogs, whole.feed, log, paths.data);
    this.#undo.push(() => archive[Symbol.asyncDispose]());
    return archive;
  }

  #keepNames(whole: ClientHost): ConversationNames {
    const { log, paths } = this.#services;
    return new ConversationNames(`${this.#folder("conversations", whole)}.json`, log, paths.data);
  }

  /** For the charts. */
  async #keepSamples(whole: ClientHost): Promise<SampleFile> {
    const { clock, log, paths } = this.#services;
    const file = `${this.#folder("samples", whole)}.ndjson`;
    const samples = new SampleFile(file, this.#config.keepSamples, log, paths.data);
    await samples.load(clock.now());
    const sampler = new Sampler(whole, samples, this.#config.sample, () => clock.now());
    this.#undo.push(() => sampler[Symbol.asyncDispose]());
    return samples;
  }

  async #api(
    host: TransportHost,
    kept: Pick<Call, "stats" | "samples" | "archive" | "names">,
    logins: Logins,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): Promise<void> {
    const url = new URL(request.url ?? "/", "http://host");
    const path = url.pathname.slice(this.#config.path.length + "/api/".length);
    if (path === "links" && request.method === "POST") return this.#sendLink(host, request, response, body);
    if (path === "shared" && request.method === "GET") {
      const { run, host: sharer, ended } = this.#shares.find(request.headers["x-sluice-share"]);
      const left = new AbortController();
      response.once("close", () => left.abort());
      // Cut off, and not ended: half a run must not look like a whole one.
      ended.addEventListener("abort", () => response.destroy(), { signal: left.signal });
      return sendBundle({ host: sharer, name: run, response, signal: left.signal });
    }
    if (path === "session") return this.#session(host, logins, request, response, body);
    const person = logins.person(request);
    if (person === undefined) throw unknownPerson();
    if (request.method !== "GET" && request.method !== "HEAD") demandMark(request, person);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const { reporter } = this.#services;
    const known = { ...kept, shares: this.#shares, starts: this.#starts, reporter };
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
      this.#shares.endOf(person.name);
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
