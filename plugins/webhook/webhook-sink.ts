import { isIP } from "node:net";
import { BehaviorSubject } from "rxjs";
import { type Clock, type Health, type Sink, type SinkEntry, SluiceError } from "../../core/contract/index.ts";
import { canonical, isPublic, ReachRefusal, ReachRules, requestOf, systemResolver } from "../../core/kit/index.ts";
import type { WebhookConfig } from "./config.generated.ts";
import { messageOf, signedHeaders, type WebhookMessage } from "./message.ts";

/** Answers that say nothing against the message itself. */
const later = new Set([408, 425, 429]);

/**
 * Sends what was asked for in its order, one request each. The host tries again what was not taken, after growing
 * pauses; what a batch has had taken is not sent twice by this process. After a restart it may be: ids tell.
 */
export class WebhookSink implements Sink {
  readonly health$ = new BehaviorSubject<Health>({ status: "ok" });
  readonly #config: WebhookConfig;
  readonly #clock: Clock;
  readonly #url: URL;
  readonly #rules: ReachRules;
  readonly #settled = new WeakSet<SinkEntry>();
  readonly #end = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(config: WebhookConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#url = new URL(config.url);
    const host = this.#url.hostname;
    // A name is reached where its addresses are public. An address stands for itself.
    const isListed = isIP(canonical(host)) !== 0 && !isPublic(canonical(host));
    this.#rules = new ReachRules(isListed ? config.private : [...config.private, host], "private");
  }

  write(batch: readonly SinkEntry[]): Promise<void> {
    const written = this.#last.then(() => this.#sendAll(batch));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async flush(): Promise<void> {
    await this.#last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#last;
    this.health$.complete();
  }

  /** One message that is refused for good stops no other one. */
  async #sendAll(batch: readonly SinkEntry[]): Promise<void> {
    let refusal: SluiceError | undefined;
    for (const entry of batch) {
      const message = this.#settled.has(entry) ? undefined : messageOf(entry, this.#config.events);
      if (message === undefined) continue;
      try {
        await this.#send(message);
        this.#report({ status: "ok" });
      } catch (thrown) {
        const error = SluiceError.from(thrown);
        this.#report({ status: "degraded", reason: error.message });
        if (error.retryable) throw error;
        refusal ??= error;
      }
      this.#settled.add(entry);
    }
    if (refusal !== undefined) throw refusal;
  }

  async #send(message: WebhookMessage): Promise<void> {
    const late = AbortSignal.timeout(this.#config.timeout);
    const signal = AbortSignal.any([late, this.#end.signal]);
    const headers = signedHeaders(message, this.#config.secret, this.#clock.now());
    let status: number;
    try {
      const answer = await requestOf(this.#url, { headers, body: message.body }, this.#rules, systemResolver, signal);
      status = answer.statusCode ?? 0;
      // What it says beside its status is nothing for us, however long it is.
      answer.on("error", () => undefined).destroy();
    } catch (error) {
      if (error instanceof ReachRefusal && error.status < 500) throw this.#refused(error.message);
      throw this.#unreachable(late.aborted ? "gave no answer in time" : `cannot be reached: ${reasonOf(error)}`, error);
    }
    if (status >= 200 && status < 300) return;
    if (status >= 500 || later.has(status)) throw this.#unreachable(`answers with ${status}`);
    const isRedirect = status >= 300 && status < 400;
    throw this.#refused(
      `${this.#url.host} answers with ${status}${isRedirect ? ", and redirects are not followed" : ""}`,
    );
  }

  #unreachable(what: string, cause?: unknown): SluiceError {
    return new SluiceError("PLUGIN_WEBHOOK_UNREACHABLE", `${this.#url.host} ${what}`, { cause });
  }

  #refused(message: string): SluiceError {
    return new SluiceError("PLUGIN_WEBHOOK_REFUSED", message);
  }

  #report(health: Health): void {
    const { value } = this.health$;
    const said = value.status === "ok" ? "" : value.reason;
    if (health.status !== value.status || (health.status !== "ok" && health.reason !== said)) this.health$.next(health);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
