import type { Observable, Subscriber } from "rxjs";
import { SluiceError } from "../../contract/errors.ts";
import type { Usage } from "../../contract/event.ts";
import type { Model, ModelEvent, ModelInfo, ModelProbe, ModelRequest } from "../../contract/model.ts";
import type { Clock, Logger } from "../../contract/tokens.ts";
import { plural } from "../text/plural.ts";
import type { AnswerFormat } from "./answer/format.ts";
import { answering } from "./answering.ts";
import { type AttemptContext, attempt } from "./attempt.ts";
import { Breaker } from "./breaker.ts";
import { type Catalogue, readCatalogue } from "./catalogue.ts";
import { toCallOptions } from "./chat-prompt.ts";
import { refuseBadKeys } from "./key-check.ts";
import { Limiter } from "./limiter.ts";
import { loadPrices, type PriceOf, priceOfTokens } from "./price.ts";
import type { RemoteModelConfig } from "./remote-config.ts";
import type { BuildRequest, BuiltRequest } from "./request-builder.ts";
import { pauseBefore } from "./retry.ts";
import { errorOfFailure } from "./upstream-failure.ts";
import { UpstreamHttp } from "./upstream-http.ts";
import { limitOf } from "./watchdog.ts";

/** What differs from one provider to the next. */
export interface RemoteProvider<Config extends RemoteModelConfig> {
  /** The key of the provider's own options in the AI SDK, such as `openai`. */
  readonly name: string;
  /** Makes what builds requests; imports the AI SDK only now, so that hosts that never ask it do not load it. */
  requests(config: Config): Promise<BuildRequest>;
  /** How answers are read. */
  format(config: Config): AnswerFormat;
  /** What to do about a failure, where the provider's plugin knows better. */
  cure?(config: Config, error: SluiceError): string | undefined;
  /** Where the provider lists its models. */
  catalogue(config: Config): Catalogue;
  /** The provider's id in the table of prices. Without it `baseURL` decides, and a server of one's own has no price. */
  readonly priced?: string;
  /** Options of the AI SDK's provider that hold unless the profile's `options` say otherwise. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/** What a remote model is given of its host. */
export interface RemoteModelServices {
  readonly id: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * A model behind HTTP, on top of an AI SDK provider: streaming, cancelling, time-outs, retries and errors as the
 * contract promises them.
 */
export class RemoteModel<Config extends RemoteModelConfig> implements Model {
  readonly #provider: RemoteProvider<Config>;
  readonly #services: RemoteModelServices;
  readonly #http: UpstreamHttp;
  readonly #breaker: Breaker;
  readonly #limiter: Limiter;
  readonly #disposed = new AbortController();
  #config: Config;
  #requests: Promise<BuildRequest> | undefined;
  #prices: PriceOf | undefined;

  constructor(provider: RemoteProvider<Config>, config: Config, services: RemoteModelServices) {
    this.#provider = provider;
    this.#config = config;
    this.#services = services;
    this.#http = new UpstreamHttp(config.timeouts.connect);
    this.#breaker = new Breaker(services.clock, config.breaker, services.id);
    this.#limiter = new Limiter(services.clock, () => this.#config.limits, services.id);
  }

  get modelId(): string {
    return this.#config.model;
  }

  get timeout(): number {
    return this.#config.timeouts.total;
  }

  get textCalls(): "run" | "tell" {
    return this.#config.textCalls ?? "run";
  }

  get vision(): boolean {
    return this.#config.vision ?? false;
  }

  generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent> {
    const ends = [signal, this.#disposed.signal];
    return answering(this.#services.id, ends, (subscriber, stop) => this.#answer(request, subscriber, stop));
  }

  async #answer(request: ModelRequest, subscriber: Subscriber<ModelEvent>, signal: AbortSignal): Promise<void> {
    const { id, clock, log } = this.#services;
    const config = { ...this.#config, ...request.parameters };
    const began = clock.now();
    using _place = await this.#place(config, signal);
    const admission = this.#breaker.admit();
    try {
      const prices = this.loadPrices();
      const built = await this.#build(request, config);
      for (let turn = 1; ; turn += 1) {
        const context: AttemptContext = {
          source: id,
          clock,
          timeouts: config.timeouts,
          began,
          secrets: secretsOf(config),
          request,
          format: this.#provider.format(config),
          fetch: this.#http.fetch,
          firstToken: () => admission.ok(),
          emit: (event) => subscriber.next(event),
        };
        const failure = await attempt(built, context, signal);
        if (failure.finish) {
          admission.ok();
          // A follower that sees the end may ask for the cost at once.
          await prices;
          subscriber.next(failure.finish);
          return;
        }
        if (signal.aborted) throw failure.error;
        const left = began + limitOf(config.timeouts.total) - clock.now();
        const pause = failure.started ? undefined : pauseBefore(turn + 1, failure.error, config.retry, left);
        if (pause === undefined) {
          admission.failed(failure.error);
          throw this.#advised(failure.error, config);
        }
        log.warn(`${failure.error.message} Trying again.`, {
          code: failure.error.code,
          attempt: turn,
          pause: Math.round(pause),
        });
        await clock.sleep(pause, signal).catch(() => {});
        if (signal.aborted) throw cancelled(id);
      }
    } finally {
      admission.abandoned();
    }
  }

  /** A place among the requests at once, which is given back when the answer is over. */
  #place({ limits, timeouts }: Config, signal: AbortSignal): Promise<Disposable> | undefined {
    if (!limits || limits.concurrent + limits.requestsPerMinute === 0) return undefined;
    return this.#limiter.enter(limitOf(timeouts.total), signal).catch((error: unknown) => {
      throw signal.aborted ? cancelled(this.#services.id) : error;
    });
  }

  async #build(request: ModelRequest, config: Config): Promise<BuiltRequest> {
    refuseBadKeys(config, this.#services.id);
    // As the instance has it: what one run sets comes with the call.
    this.#requests ??= this.#provider.requests(this.#config);
    const build = await this.#requests;
    try {
      return await build(toCallOptions(request, config, this.#provider));
    } catch (error) {
      throw errorOfFailure(error, { source: this.#services.id, secrets: secretsOf(config), responded: false });
    }
  }

  #advised(error: SluiceError, config: Config): SluiceError {
    const cure = this.#provider.cure?.(config, error);
    if (cure === undefined) return error;
    const { code, message, retryable, retryAfter } = error;
    return new SluiceError(code, message, { cure, retryable, ...(retryAfter === undefined ? {} : { retryAfter }) });
  }

  async loadPrices(): Promise<void> {
    this.#prices ??= await loadPrices();
  }

  cost(usage: Usage): number | null {
    const { price, model, baseURL } = this.#config;
    if (price) return priceOfTokens(usage, price);
    return this.#prices?.(usage, { model, provider: this.#provider.priced, baseURL }) ?? null;
  }

  list(signal: AbortSignal): Promise<readonly ModelInfo[]> {
    refuseBadKeys(this.#config, this.#services.id);
    return readCatalogue(this.#provider.catalogue(this.#config), {
      source: this.#services.id,
      fetch: this.#http.fetch,
      secrets: secretsOf(this.#config),
      signal: AbortSignal.any([signal, this.#disposed.signal]),
      timeout: this.#config.timeouts.connect,
    });
  }

  async probe(signal: AbortSignal): Promise<ModelProbe> {
    const began = performance.now();
    const models = await this.list(signal);
    const latency = Math.round(performance.now() - began);
    const modelKnown = models.some((model) => model.id === this.#config.model);
    return {
      reachable: true,
      latency,
      ...(models.length > 0 ? { modelKnown } : {}),
      detail: plural(models.length, "model"),
    };
  }

  /** Takes the options that may change while it runs; requests under way keep theirs. */
  reconfigure(config: Config): void {
    this.#config = config;
    this.#requests = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await this.#http[Symbol.asyncDispose]();
  }
}

function secretsOf(config: RemoteModelConfig): string[] {
  return [config.apiKey ?? "", ...Object.values(config.headers)].filter((secret) => secret !== "");
}

function cancelled(id: string): SluiceError {
  return new SluiceError("SLUICE_RUN_CANCELLED", `${id}: the request was cancelled.`);
}
