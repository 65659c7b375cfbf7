import { join } from "node:path";
import { BehaviorSubject, Observable, type Subscriber } from "rxjs";
import {
  type Clock,
  type Health,
  type Logger,
  type Model,
  type ModelEvent,
  type ModelInfo,
  type ModelProbe,
  type ModelRequest,
  type Paths,
  type PrepareOptions,
  SluiceError,
} from "../../core/contract/index.ts";
import { UpstreamHttp } from "../../core/kit/index.ts";
import { knownModels, locate, type ModelFile } from "./catalogue.ts";
import type { LlmLocalConfig } from "./config.generated.ts";
import { sizeOf } from "./download.ts";
import { LlamaEngine } from "./engine.ts";
import { generate } from "./generate.ts";
import type { LlamaModule } from "./llama.ts";
import { plainPrompt, tinyPrompt } from "./prompting.ts";
import { exists, pull } from "./pull.ts";
import { Runtime } from "./runtime.ts";

export interface LocalServices {
  readonly id: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly paths: Paths;
}

/** Bytes of a model file below which `prompting: auto` takes the model for a tiny one. */
const tinySize = 700 * 1024 * 1024;

export class LocalModel implements Model {
  readonly #services: LocalServices;
  readonly #runtime: Runtime;
  readonly #http = new UpstreamHttp(30_000);
  readonly #file: ModelFile;
  readonly #health = new BehaviorSubject<Health>({ status: "ok" });
  readonly #disposed = new AbortController();
  /** A large model reads a long prompt for minutes on a small machine. */
  readonly timeout = 0;
  readonly health$ = this.#health.asObservable();
  #config: LlmLocalConfig;
  #module: Promise<LlamaModule> | undefined;
  #engine: LlamaEngine | undefined;
  #lastUsed = 0;
  #sleeping: AbortController | undefined;

  constructor(config: LlmLocalConfig, services: LocalServices) {
    this.#config = config;
    this.#services = services;
    this.#runtime = new Runtime(join(services.paths.data, "runtime"));
    const file = locate(config, { models: this.#models, profile: services.paths.profile });
    if (!file)
      throw new SluiceError("SLUICE_MODEL_NOT_INSTALLED", `${services.id}: no model is called ${config.model}.`);
    this.#file = file;
  }

  get modelId(): string {
    return this.#file.id;
  }

  get #models(): string {
    return join(this.#services.paths.data, "models");
  }

  /** Looks whether the files are there, and no more: a model is loaded by the first request that needs it. */
  async start(): Promise<void> {
    await this.#checkHealth();
  }

  generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent> {
    const config = this.#config;
    return new Observable((subscriber) => {
      const stop = new AbortController();
      const abort = () => stop.abort();
      const sources = [signal, this.#disposed.signal];
      if (sources.some((source) => source.aborted)) abort();
      for (const source of sources) source.addEventListener("abort", abort, { once: true });
      this.#answer(config, request, subscriber, stop.signal)
        .then(
          () => subscriber.complete(),
          (error: unknown) => subscriber.error(stop.signal.aborted ? this.#cancelled() : this.#failed(error)),
        )
        .finally(() => {
          for (const source of sources) source.removeEventListener("abort", abort);
        });
      return abort;
    });
  }

  async #answer(
    config: LlmLocalConfig,
    request: ModelRequest,
    subscriber: Subscriber<ModelEvent>,
    signal: AbortSignal,
  ): Promise<void> {
    const missing = await this.#missing();
    if (missing !== undefined) {
      if (!config.pull) throw new SluiceError("SLUICE_MODEL_NOT_INSTALLED", `${this.#services.id}: ${missing}`);
      await this.pull({ onProgress: ({ step }) => this.#services.log.info(step) }, signal);
    }
    signal.throwIfAborted();
    const module = await this.#load();
    const tiny =
      config.prompting === "tiny" || (config.prompting === "auto" && (await sizeOf(this.#file.path)) < tinySize);
    const prompt = (tiny ? tinyPrompt : plainPrompt)(request, config.system);
    this.#engine ??= LlamaEngine.acquire({ path: this.#file.path, context: config.context, threads: config.threads });
    try {
      await this.#engine.exclusively(module, signal, (loaded) =>
        generate(loaded, prompt, config, (event) => subscriber.next(event), signal),
      );
    } finally {
      this.#lastUsed = this.#services.clock.now();
      void this.#unloadWhenIdle(config.idle);
    }
  }

  #load(): Promise<LlamaModule> {
    this.#module ??= this.#runtime.load();
    return this.#module;
  }

  /** One sleeper at a time; it looks again when the model was used meanwhile. */
  async #unloadWhenIdle(idle: number): Promise<void> {
    if (this.#sleeping || this.#disposed.signal.aborted) return;
    const sleeping = new AbortController();
    this.#sleeping = sleeping;
    try {
      for (;;) {
        const left = this.#lastUsed + idle - this.#services.clock.now();
        if (left <= 0) break;
        await this.#services.clock.sleep(left, sleeping.signal);
      }
      await this.#engine?.unload();
    } catch {
      // Disposed meanwhile.
    } finally {
      this.#sleeping = undefined;
    }
  }

  async pull(options: PrepareOptions, signal: AbortSignal): Promise<void> {
    const stop = AbortSignal.any([signal, this.#disposed.signal]);
    const context = { file: this.#file, runtime: this.#runtime, index: this.#config.index, fetch: this.#http.fetch };
    await pull(context, options, stop);
    await this.#checkHealth();
  }

  async probe(): Promise<ModelProbe> {
    const missing = await this.#missing();
    if (missing !== undefined) throw new SluiceError("SLUICE_MODEL_NOT_INSTALLED", `${this.#services.id}: ${missing}`);
    return { reachable: true, modelKnown: true, latency: 0, detail: this.#file.path };
  }

  /** It runs on one's own machine. */
  cost(): number {
    return 0;
  }

  async list(): Promise<readonly ModelInfo[]> {
    const { hub } = this.#config;
    const folders = { models: this.#models, profile: this.#services.paths.profile };
    const files = Object.keys(knownModels).flatMap((model) => locate({ model, hub }, folders) ?? []);
    if (!files.some((file) => file.id === this.#file.id)) files.unshift(this.#file);
    return Promise.all(
      files.map(async (file) => {
        const size = (await sizeOf(file.path)) || file.size;
        const installed = await exists(file.path);
        return { id: file.id, size, installed, description: file.description };
      }),
    );
  }

  reconfigure(config: LlmLocalConfig): void {
    this.#config = config;
  }

  async #missing(): Promise<string | undefined> {
    if (!(await this.#runtime.installed())) return "the local runtime is not installed.";
    if (!(await exists(this.#file.path))) return `the model ${this.#file.id} is not there (${this.#file.path}).`;
    return undefined;
  }

  async #checkHealth(): Promise<void> {
    const missing = this.#config.pull ? undefined : await this.#missing();
    this.#health.next(
      missing === undefined
        ? { status: "ok" }
        : { status: "degraded", reason: `${missing} Run \`sluice models pull\`.` },
    );
  }

  #cancelled(): SluiceError {
    return new SluiceError("SLUICE_RUN_CANCELLED", `${this.#services.id}: the request was cancelled.`);
  }

  #failed(error: unknown): SluiceError {
    if (error instanceof SluiceError) return error;
    const message = error instanceof Error ? error.message : String(error);
    const code = /context size|too (long|large)|compress/i.test(message)
      ? "SLUICE_MODEL_CONTEXT"
      : "SLUICE_MODEL_MALFORMED";
    return new SluiceError(code, `${this.#services.id}: ${message}`, {
      cause: error,
      ...(code === "SLUICE_MODEL_CONTEXT"
        ? {}
        : { retryable: false, cure: "Run `sluice models pull --force`; the model's file may be damaged." }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    this.#sleeping?.abort();
    this.#health.complete();
    const engine = this.#engine;
    this.#engine = undefined;
    await engine?.release();
    await this.#http[Symbol.asyncDispose]();
  }
}
