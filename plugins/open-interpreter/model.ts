import { BehaviorSubject, type Observable, type Subscriber } from "rxjs";
import type {
  Health,
  HostMode,
  Logger,
  Model,
  ModelEvent,
  ModelProbe,
  ModelRequest,
  PrepareOptions,
} from "../../core/contract/index.ts";
import { answering, estimateUsage, type ServiceContainers } from "../../core/kit/index.ts";
import type { OpenInterpreterConfig } from "./config.generated.ts";
import { serverImage } from "./image.ts";
import { Server } from "./server.ts";
import { Servers } from "./servers.ts";
import { saidIn, settingsFor } from "./settings.ts";

export interface OpenInterpreterServices {
  readonly id: string;
  readonly engine: ServiceContainers;
  readonly log: Logger;
  readonly mode: HostMode;
}

/** The classic server as a model that runs its code by itself. */
export class OpenInterpreter implements Model {
  readonly health$ = new BehaviorSubject<Health>({ status: "ok" });
  readonly #services: OpenInterpreterServices;
  readonly #servers: Servers;
  readonly #disposed = new AbortController();
  #config: OpenInterpreterConfig;
  #alone = 0;

  constructor(config: OpenInterpreterConfig, services: OpenInterpreterServices) {
    this.#config = config;
    this.#services = services;
    const { id, log } = services;
    this.#servers = new Servers({
      id,
      log,
      most: config.sessions,
      pool: config.pool,
      idle: config.idle,
      start: (session, signal) => this.#start(session, signal),
      onHealth: (reason) => this.health$.next(reason === undefined ? { status: "ok" } : { status: "degraded", reason }),
    });
  }

  get modelId(): string {
    return this.#config.model;
  }

  get timeout(): number {
    return this.#config.timeouts.total;
  }

  start(): void {
    if (this.#services.mode.serving) this.#servers.fill();
  }

  generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent> {
    return answering(this.#services.id, [signal, this.#disposed.signal], (subscriber, stopped) =>
      this.#answer(request, subscriber, stopped),
    );
  }

  async #answer(request: ModelRequest, subscriber: Subscriber<ModelEvent>, signal: AbortSignal): Promise<void> {
    const { session } = request;
    const lease = await this.#servers.lease(session ?? this.#nameless(), signal);
    let sound = false;
    try {
      const { history, text } = saidIn(request);
      const settings = settingsFor(this.#config, history);
      const emit = (event: ModelEvent) => subscriber.next(event);
      const { characters, timedOut } = await lease.server.answer(text, settings, emit, signal);
      sound = !timedOut && session !== undefined;
      subscriber.next({ type: "finish", reason: "stop", usage: estimateUsage(request, characters) });
    } finally {
      // What was cut off goes on inside, asks its model and runs its code: only its end ends that.
      lease.release(sound);
    }
  }

  /** Builds the image, and the base it stands on where that is missing. */
  async pull(options: PrepareOptions, signal: AbortSignal): Promise<void> {
    await this.#services.engine.prepareService(serverImage(this.#config.build.caCertificates), options, signal);
  }

  /** Starts a server and looks whether it lives. Whether its model does, only a question would tell. */
  async probe(signal: AbortSignal): Promise<ModelProbe> {
    const began = performance.now();
    const lease = await this.#servers.lease(this.#nameless(), signal);
    lease.release(false);
    return { reachable: true, latency: Math.round(performance.now() - began), detail: "the server answers" };
  }

  /** Options of the model itself; a server is told them before each message. */
  reconfigure(config: OpenInterpreterConfig): void {
    this.#config = config;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await this.#servers.dispose();
    this.health$.complete();
  }

  #start(session: string | undefined, signal: AbortSignal): Promise<Server> {
    const { id, engine } = this.#services;
    const config = this.#config;
    return Server.start({ id, config, engine, image: serverImage(config.build.caCertificates) }, session, signal);
  }

  /** For an answer that belongs to no session: its server is removed after it. */
  #nameless(): string {
    this.#alone += 1;
    return `alone-${this.#alone}`;
  }
}
