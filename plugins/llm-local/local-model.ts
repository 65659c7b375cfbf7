import { availableParallelism, totalmem } from "node:os";
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
import { locate, type ModelFile } from "./catalogue.ts";
import type { LlmLocalConfig } from "./config.generated.ts";
import { sizeOf } from "./download.ts";
import { LlamaEngine } from "./engine.ts";
import { generate } from "./generate.ts";
import { fits, knownModels, type Machine, memoryOf, suggestedFor } from "./known-models.ts";
import type { LlamaModule } from "./llama.ts";
import { plainPrompt, tinyPrompt } from "./prompting.ts";
import { exists, pull } from "./pull.ts";
import { Runtime } from "./runtime.ts";

export interface LocalServices {
  readonly id: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly paths: Paths;
  /** What this machine has; tests have others. */
  readonly machine?: Machine;
}

/** The options, with the hub settled. */
export type LocalModelConfig = LlmLocalConfig & { readonly hub: string };

/** Bytes of a model file below which `prompting: auto` takes the model for a tiny one. */
const tinySize = 700 * 1024 * 1024;

export class LocalModel implements Model {
  readonly #services: LocalServices;
  readonly #runtime: Runtime;
  readonly #http = new UpstreamHttp(30_000);
  #file: ModelFile;
  #busy = 0;
  readonly #health = new BehaviorSubject<Health>({ status: "ok" });
  readonly #disposed = new AbortController();
  /** A large model reads a long prompt for minutes on a small machine. */
  readonly timeout = 0;
  readonly health$ = this.#health.asObservable();
  #config: LocalModelConfig;
  #module: Promise<LlamaModule> | undefined;
  #engine: LlamaEngine | undefined;
  #lastUsed = 0;
  #sleeping: AbortController | undefined;

  constructor(config: LocalModelConfig, services: LocalServices) {
    this.#config = config;
    this.#services = services;
    this.#runtime = new Runtime(join(services.paths.data, "runtime"));
    const file = locate(config, this.#folders);
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
    this.#services.log.info(await this.#introduction());
  }

  /** Which model answers, what is known of it, and how to have a better one. */
  async #introduction(): Promise<string> {
    const { id, known } = this.#file;
    const better = suggestedFor(this.#machine, known?.task);
    const worth = known === undefined ? "" : ` ${known.about}`;
    const hint =
      better === id || known === undefined ? "" : ` \`sluice models pull --best\` fetches ${better}, which fits here.`;
    return `${id} answers.${worth}${hint}`;
  }

  get #machine(): Machine {
    const bound = process.constrainedMemory();
    const memory = bound > 0 ? Math.min(bound, totalmem()) : totalmem();
    return this.#services.machine ?? { memory, cores: availableParallelism() };
  }

  get #folders() {
    return { models: this.#models, profile: this.#services.paths.profile };
  }

  /** `auto` is the most able model that is there and fits. While one answers, it stays. */
  async #settle(): Promise<void> {
    const { model, hub } = this.#config;
    if (model !== "auto" || this.#busy > 0) return;
    const fitting = Object.entries(knownModels).filter(([, known]) => fits(known, this.#machine));
    const files = fitting.flatMap(([name]) => locate({ model: name, hub }, this.#folders) ?? []);
    const there = await Promise.all(files.map(({ path }) => exists(path)));
    const chosen = files.filter((_, index) => there[index]).findLast(({ known }) => known?.task === "code");
    if (chosen === undefined || chosen.path === this.#file.path || this.#busy > 0) return;
    this.#file = chosen;
    const former = this.#engine;
    this.#engine = undefined;
    await former?.release();
  }

  generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent> {
    const config = { ...this.#config, ...request.parameters };
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
    config: LocalModelConfig,
    request: ModelRequest,
    subscriber: Subscriber<ModelEvent>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#settle();
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
    this.#busy += 1;
    try {
      await this.#engine.exclusively(module, signal, (loaded) =>
        generate(loaded, prompt, config, (event) => subscriber.next(event), signal),
      );
    } finally {
      this.#busy -= 1;
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
    await this.#settle();
    const { index, hub, token } = this.#config;
    const file = options.model === undefined ? this.#file : locate({ model: options.model, hub }, this.#folders);
    if (file === undefined) {
      throw new SluiceError("SLUICE_MODEL_NOT_INSTALLED", `no model is called ${options.model}`, {
        cure: "See `sluice models list`, or write hf:owner/repository/file.gguf.",
      });
    }
    const sleep = (ms: number, over: AbortSignal) => this.#services.clock.sleep(ms, over);
    await pull({ file, runtime: this.#runtime, index, fetch: this.#http.fetch, sleep, token }, options, stop);
    await this.#settle();
    await this.#checkHealth();
  }

  async probe(): Promise<ModelProbe> {
    const missing = await this.#missing();
    if (missing !== undefined) throw new SluiceError("SLUICE_MODEL_NOT_INSTALLED", `${this.#services.id}: ${missing}`);
    return { reachable: true, modelKnown: true, detail: this.#file.path };
  }

  /** It runs on one's own machine. */
  cost(): number {
    return 0;
  }

  async list(): Promise<readonly ModelInfo[]> {
    await this.#settle();
    const { hub } = this.#config;
    const files = Object.keys(knownModels).flatMap((model) => locate({ model, hub }, this.#folders) ?? []);
    if (!files.some((file) => file.id === this.#file.id)) files.unshift(this.#file);
    return Promise.all(
      files.map(async (file) => {
        const size = (await sizeOf(file.path)) || file.size;
        const installed = await exists(file.path);
        const { id, known } = file;
        const sha256 = file.sha256 === undefined ? {} : { sha256: file.sha256 };
        if (known === undefined) return { id, size, installed, ...sha256 };
        const { about: description, licence, task } = known;
        const memory = memoryOf(known);
        const suggested = suggestedFor(this.#machine, task) === id;
        const onMachine = { memory, fits: fits(known, this.#machine), suggested };
        return { id, size, installed, description, licence, task, ...sha256, ...onMachine };
      }),
    );
  }

  reconfigure(config: LlmLocalConfig): void {
    this.#config = { ...config, hub: config.hub ?? this.#config.hub };
  }

  async #missing(): Promise<string | undefined> {
    if (!(await this.#runtime.installed())) return "the local runtime is not installed.";
    if (!(await exists(this.#file.path))) return `the model ${this.#file.id} is not there (${this.#file.path}).`;
    return undefined;
  }

  async #checkHealth(): Promise<void> {
    await this.#settle();
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
