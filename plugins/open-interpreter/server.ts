import { randomBytes } from "node:crypto";
import { type ModelEvent, SluiceError } from "../../core/contract/index.ts";
import {
  cutText,
  type LmcAnswer,
  LmcConnection,
  lmcAnswer,
  type ServiceContainer,
  type ServiceContainers,
  type ServiceImage,
  startTimer,
  type Timer,
  timeLimit,
} from "../../core/kit/index.ts";
import type { OpenInterpreterConfig } from "./config.generated.ts";
import { type HttpTarget, isAlive, setSettings } from "./http.ts";

/** What the server listens on inside of its container. */
const PORT = 8000;
/** Milliseconds between two looks while it starts. */
const LOOK = 100;
/** Milliseconds for an answer of a server that does not even have to think. */
const PROMPT = 10_000;
/** Milliseconds that a heartbeat may take at least, however often it is looked for. */
const LEAST = 1000;
/** Heartbeats without an answer after which a server is given up. */
const MISSES = 3;

export interface ServerContext {
  readonly id: string;
  readonly config: OpenInterpreterConfig;
  readonly engine: ServiceContainers;
  readonly image: ServiceImage;
}

/** One server in its container, from its first heartbeat to its end. It serves one session and no other. */
export class Server {
  /** Aborts when the server is gone without being asked to go; the reason says why. */
  readonly gone: AbortSignal;
  readonly name: string;
  readonly #context: ServerContext;
  readonly #container: ServiceContainer;
  readonly #target: HttpTarget;
  readonly #abort = new AbortController();
  #connection: LmcConnection | undefined;
  #pulse: Timer | undefined;
  #disposed = false;

  private constructor(context: ServerContext, container: ServiceContainer, target: HttpTarget) {
    this.#context = context;
    this.#container = container;
    this.#target = target;
    this.gone = this.#abort.signal;
    this.name = container.name;
    void container.exited.then(({ output }) => this.#lose(`its container ended${lastLine(output)}`));
  }

  /** @throws SluiceError SLUICE_SANDBOX_START_FAILED, SLUICE_DOCKER_*, SLUICE_SANDBOX_*, or the signal's reason */
  static async start(context: ServerContext, session: string | undefined, signal: AbortSignal): Promise<Server> {
    const { id, config, engine, image } = context;
    const key = randomBytes(24).toString("hex");
    const container = await engine.startService(
      {
        instance: id,
        ...(session === undefined ? {} : { session }),
        image,
        command: ["interpreter", "--server"],
        env: {
          INTERPRETER_HOST: "0.0.0.0",
          INTERPRETER_PORT: String(PORT),
          INTERPRETER_API_KEY: key,
          DISABLE_TELEMETRY: "true",
          LITELLM_LOCAL_MODEL_COST_MAP: "True",
          PYTHONDONTWRITEBYTECODE: "1",
        },
        port: PORT,
        cpus: config.cpus,
        memory: config.memory,
        pids: config.pids,
        workspace: config.workspace,
        tmp: config.tmp,
        network: config.network,
      },
      signal,
    );
    const server = new Server(context, container, { address: container.address, key, source: id });
    try {
      await server.#ready(signal);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]().catch(() => undefined);
      throw error;
    }
  }

  /**
   * Says one thing and passes on the answer. After an error the server is in nobody knows what state: dispose of it.
   * @throws SluiceError SLUICE_MODEL_*, SLUICE_SANDBOX_LOST, or the signal's reason
   */
  async answer(
    text: string,
    settings: Readonly<Record<string, unknown>>,
    emit: (event: ModelEvent) => void,
    signal: AbortSignal,
  ): Promise<LmcAnswer> {
    const { id, config } = this.#context;
    const either = AbortSignal.any([signal, this.gone]);
    await setSettings(this.#target, settings, PROMPT, either);
    const connection = await this.#connected(either);
    return lmcAnswer(
      connection,
      text,
      { source: id, timeouts: config.timeouts, emit, container: this.name, gone: this.gone },
      signal,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#pulse?.stop();
    this.#connection?.close();
    await this.#container[Symbol.asyncDispose]();
  }

  /** The connection of before, or another where it broke in the meantime. */
  async #connected(signal: AbortSignal): Promise<LmcConnection> {
    if (this.#connection?.alive) return this.#connection;
    const { address, key, source } = this.#target;
    this.#connection = await LmcConnection.open({ url: `ws://${address}/`, key, source, timeout: PROMPT }, signal);
    return this.#connection;
  }

  async #ready(signal: AbortSignal): Promise<void> {
    const { id, config } = this.#context;
    const limit = timeLimit(config.timeouts.start);
    const either = AbortSignal.any([signal, this.gone, limit]);
    while (!(await isAlive(this.#target, LOOK * 10, either))) {
      if (either.aborted) break;
      await pause(LOOK, either);
    }
    signal.throwIfAborted();
    if (this.gone.aborted) {
      const { message } = this.gone.reason as SluiceError;
      throw new SluiceError("SLUICE_SANDBOX_START_FAILED", message);
    }
    if (limit.aborted) {
      const seconds = config.timeouts.start / 1000;
      throw new SluiceError("SLUICE_SANDBOX_START_FAILED", `${id}: no heartbeat within ${seconds} s.`);
    }
    this.#watch(0);
  }

  #watch(misses: number): void {
    const { heartbeat } = this.#context.config;
    this.#pulse = startTimer(async () => {
      const alive = await isAlive(this.#target, Math.max(heartbeat, LEAST));
      if (this.#disposed || this.gone.aborted) return;
      if (!alive && misses + 1 >= MISSES) this.#lose("it does not answer any more");
      else this.#watch(alive ? 0 : misses + 1);
    }, heartbeat).unref();
  }

  #lose(why: string): void {
    if (this.#disposed || this.gone.aborted) return;
    this.#pulse?.stop();
    this.#abort.abort(new SluiceError("SLUICE_SANDBOX_LOST", `${this.#context.id}: the server is gone: ${why}.`));
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}

function lastLine(output: string): string {
  const last = output.split("\n").at(-1)?.trim();
  return last ? ` (${cutText(last, 200)})` : "";
}
