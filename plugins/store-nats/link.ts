import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import {
  connect,
  credsAuthenticator,
  type Msg,
  type NatsConnection,
  type NodeConnectionOptions,
} from "@nats-io/transport-node";
import { BehaviorSubject } from "rxjs";
import { type Health, type Logger, SluiceError } from "../../core/contract/index.ts";
import { contained } from "../../core/kit/index.ts";
import type { StoreNatsConfig } from "./config.generated.ts";
import { natsFailure } from "./failure.ts";
import { pauses, ServerPulse } from "./pulse.ts";

export interface LinkOptions {
  readonly config: StoreNatsConfig;
  readonly log: Logger;
  /** Name of the connection at the servers. */
  readonly name: string;
  /** Where relative paths start. */
  readonly folder: string;
}

/** Milliseconds: for an answer; to connect to one server, before the next is tried; between attempts to connect again; between signs of life of a connection. */
const limits = { answer: 5_000, connect: 2_000, reconnect: 250, ping: 1_000 };

/** The connection to the servers. It connects again by itself, for as long as it takes. */
export class NatsLink {
  readonly health$ = new BehaviorSubject<Health>({ status: "ok" });
  readonly #options: LinkOptions;
  readonly #listeners = new Set<(connected: boolean) => void>();
  #onHeard: () => void = () => undefined;
  #connection: NatsConnection | undefined;
  #connected = false;
  readonly #pulse = new ServerPulse(() => this.#tellHealth());
  #looks: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** The servers, for messages. */
  get where(): string {
    return this.#options.config.servers.join(", ");
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** No server was heard for up to 2 s, whether there is a connection or not. */
  get outOfReach(): boolean {
    return this.#pulse.silent;
  }

  /** @throws SluiceError SLUICE_STORE_FAILED */
  async open(signal: AbortSignal): Promise<void> {
    const opening = connect(this.#connectOptions());
    const abandon = () => void opening.then((late) => late.close()).catch(() => undefined);
    signal.addEventListener("abort", abandon, { once: true });
    try {
      this.#connection = await opening;
    } catch (error) {
      throw natsFailure(this.where, error);
    } finally {
      signal.removeEventListener("abort", abandon);
    }
    this.#connected = true;
    this.#pulse.heard();
    this.#looks = setInterval(() => this.#look(), pauses.look).unref();
    void this.#watch(this.#connection);
  }

  /** The connection while it is up. Nothing is queued for later: who waits asks again. @throws SluiceError */
  get connection(): NatsConnection {
    if (this.#connection !== undefined && this.#connected) return this.#connection;
    throw new SluiceError("SLUICE_STORE_FAILED", `${this.where}: the connection is down`, {
      cure: "See whether the servers are up and this host can reach them.",
    });
  }

  /**
   * Hears what is published at a subject, until the returned function is called; while the connection is down, from when it
   * is up again. What `heard` throws would end the connection: a message that nobody of ours has written is left out with
   * a word.
   */
  listen(subject: string, heard: (message: Msg) => unknown): () => void {
    const onFault = (error: SluiceError) => this.#options.log.warn(`a message at ${subject} is left out`, { error });
    const hear = contained(heard, onFault);
    const callback = (error: Error | null, message: Msg) => {
      this.#onHeard();
      if (error === null) hear(message);
    };
    const subscription = (this.#connection ?? this.connection).subscribe(subject, { callback });
    return () => subscription.unsubscribe();
  }

  /** Calls back when the connection is lost and when it is back. Returns how to stop that. */
  onChange(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back with every message that is heard: timers of a host that has much to read come late. */
  onHeard(listener: () => void): void {
    this.#onHeard = listener;
  }

  get stream(): JetStreamClient {
    return jetstream(this.connection, { timeout: limits.answer });
  }

  manager(): Promise<JetStreamManager> {
    return jetstreamManager(this.connection, { checkAPI: false, timeout: limits.answer });
  }

  async close(): Promise<void> {
    this.#connected = false;
    clearInterval(this.#looks);
    await this.#connection?.close();
    this.#connection = undefined;
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") this.#changed(false);
      else if (status.type === "reconnect") this.#changed(true);
      else if (status.type === "error") this.#options.log.warn(`${this.where}: ${status.error.message}`);
    }
    const reason = await connection.closed();
    if (this.#connection !== connection || !this.#connected) return;
    clearInterval(this.#looks);
    this.#changed(false);
    const said = reason === undefined || reason === null ? "the servers closed the connection" : String(reason);
    this.health$.next({ status: "failed", reason: said });
  }

  /** Asks for a word of the server that it is connected to. */
  #look(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#pulse.look(connection.stats().inMsgs);
    if (!this.#connected) return;
    connection.flush().then(
      () => this.#pulse.heard(),
      () => undefined,
    );
  }

  #changed(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    if (connected) this.#pulse.heard();
    this.#tellHealth();
    for (const listener of this.#listeners) listener(connected);
  }

  #tellHealth(): void {
    const well = this.#connected && !this.#pulse.silent;
    const what = this.#connected ? "answers" : "can be reached";
    const health: Health = well
      ? { status: "ok" }
      : { status: "degraded", reason: `no server of ${this.where} ${what}` };
    if (JSON.stringify(health) !== JSON.stringify(this.health$.value)) this.health$.next(health);
  }

  #connectOptions(): NodeConnectionOptions {
    const { config, name, folder } = this.#options;
    const { servers, user, password, token, credentials, tls } = config;
    const at = (path: string) => resolve(folder, path);
    const files = tls && {
      ...(tls.ca === undefined ? {} : { caFile: at(tls.ca) }),
      ...(tls.cert === undefined ? {} : { certFile: at(tls.cert) }),
      ...(tls.key === undefined ? {} : { keyFile: at(tls.key) }),
    };
    return {
      ...{ servers: [...servers], name, timeout: limits.connect },
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: limits.reconnect, reconnectJitter: limits.reconnect },
      // A connection that says nothing is given up after 3 s: long before others give up this host.
      ...{ pingInterval: limits.ping, maxPingOut: 2, noAsyncTraces: true },
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { pass: password }),
      ...(token === undefined ? {} : { token }),
      ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(readFileSync(at(credentials))) }),
      ...(files === undefined ? {} : { tls: files }),
    };
  }
}
