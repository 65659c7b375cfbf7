import { BehaviorSubject, Observable, Subscription } from "rxjs";
import { SluiceClient, type Welcome } from "../../core/client/index.ts";
import {
  type EventOf,
  type Health,
  type Model,
  type ModelEvent,
  type ModelInfo,
  type ModelProbe,
  type ModelRequest,
  type RunEvent,
  SluiceError,
  type Usage,
} from "../../core/contract/index.ts";
import { estimateUsage, startTimer, within } from "../../core/kit/index.ts";
import type { LlmWebsocketConfig } from "./config.generated.ts";
import { remoteError } from "./errors.ts";
import { RemoteEvents } from "./remote-events.ts";
import { lastAnswer, picturesSaid, sinceLastAnswer, withHistory } from "./said.ts";

/** A flow of another host. One connection carries all its answers, and heals by itself. */
export class SluiceModel implements Model {
  /** Whether its models can see is the other host's affair. */
  readonly vision = true;
  readonly health$ = new BehaviorSubject<Health>({ status: "ok" });
  readonly #id: string;
  readonly #config: LlmWebsocketConfig;
  /** What answers cost over there; told by the other host, not looked up. */
  readonly #costs = new WeakMap<Usage, number | null>();
  #client: SluiceClient | undefined;

  constructor(id: string, config: LlmWebsocketConfig) {
    this.#id = id;
    this.#config = config;
  }

  get modelId(): string {
    const { flow = "chat", url } = this.#config;
    return `${flow}@${new URL(url).host}`;
  }

  get timeout(): number {
    return this.#config.timeouts.total;
  }

  generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent> {
    return new Observable((subscriber) => {
      const { total } = this.#config.timeouts;
      const stream = new Subscription();
      const end = (error?: unknown) => {
        if (subscriber.closed) return;
        if (error === undefined) subscriber.complete();
        else subscriber.error(error);
      };
      const cancel = () => end(new SluiceError("SLUICE_RUN_CANCELLED", `${this.#id}: the request was cancelled.`));
      const timer = startTimer(() => end(this.#timeout("no complete answer", total)), total);
      signal.addEventListener("abort", cancel, { once: true });
      subscriber.add(() => {
        timer.stop();
        signal.removeEventListener("abort", cancel);
        // Leaving the stream cancels the run over there.
        stream.unsubscribe();
      });
      if (signal.aborted) cancel();
      this.#reached().then((client) => {
        if (!subscriber.closed) stream.add(this.#follow(client, request, (event) => subscriber.next(event), end));
      }, end);
    });
  }

  cost(usage: Usage): number | null {
    return this.#costs.get(usage) ?? null;
  }

  async probe(): Promise<ModelProbe> {
    const began = performance.now();
    const welcome = await (await this.#reached()).ready();
    const latency = Math.round(performance.now() - began);
    const { flow } = this.#config;
    const known = namesIn(welcome);
    return { reachable: true, latency, ...(flow === undefined ? {} : { modelKnown: known.includes(flow) }) };
  }

  async list(): Promise<readonly ModelInfo[]> {
    return namesIn(await (await this.#reached()).ready()).map((id) => ({ id }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    this.health$.complete();
  }

  #follow(
    client: SluiceClient,
    request: ModelRequest,
    emit: (event: ModelEvent) => void,
    end: (error?: unknown) => void,
  ): Subscription {
    const events = new RemoteEvents(emit);
    let previous: RunEvent | undefined;
    let program: EventOf<"exec-end"> | undefined;
    let reason: EventOf<"model-end">["data"]["reason"] = "stop";
    return this.#open(client, request).subscribe({
      next: (event: RunEvent) => {
        events.receive(event);
        if (event.type === "exec-end") program = event;
        else if (event.type === "model-end") reason = event.data.reason;
        else if (event.type === "gap") end(this.#incomplete("the other host lost a part of the answer"));
        else if (event.type === "run-end") {
          // An error that ends a run stands right before its end; others were borne.
          const fault = this.#faultOf(event, previous?.type === "error" ? previous : undefined, program);
          if (fault === undefined) emit({ type: "finish", reason, usage: this.#usageOf(event, request) });
          end(fault);
        }
        previous = event;
      },
      error: (error: unknown) => end(remoteError(this.#id, SluiceError.from(error))),
      complete: () => end(this.#incomplete("the answer stopped without its end")),
    });
  }

  #open(client: SluiceClient, request: ModelRequest): Observable<RunEvent> {
    const { flow, memory, timeouts } = this.#config;
    const options = { timeout: timeouts.total, interactive: false } as const;
    if (memory === "session" && request.session !== undefined) {
      const session = `${this.#id}.${request.session}`;
      const from = lastAnswer(request) + 1;
      const said = { text: sinceLastAnswer(request), files: picturesSaid(request.messages.slice(from)) };
      return client.run(flow, said, { ...options, session });
    }
    const { history, text } = withHistory(request);
    const files = picturesSaid(request.messages);
    return client.run(flow, { text, files }, { ...options, ...(history.length > 0 ? { history } : {}) });
  }

  /** Why the other run is no answer; nothing where it is one, if only of a program that failed. */
  #faultOf(
    { data }: EventOf<"run-end">,
    failure: EventOf<"error"> | undefined,
    program: EventOf<"exec-end"> | undefined,
  ): SluiceError | undefined {
    if (data.status === "ok") return undefined;
    if (failure !== undefined) return remoteError(this.#id, failure.data);
    const decided = data.status === "failed" ? program !== undefined : program?.data.status === data.status;
    if (decided) return undefined;
    if (data.status === "timeout") return this.#timeout("no complete answer", this.#config.timeouts.total);
    return this.#incomplete(data.reason ?? `the run over there ended as ${data.status}`);
  }

  #usageOf({ data }: EventOf<"run-end">, request: ModelRequest): Usage {
    const { usage, cost } = data;
    const told = usage.inputTokens + usage.outputTokens > 0 ? usage : estimateUsage(request, 0);
    this.#costs.set(told, cost.amount);
    return told;
  }

  /** The client, connected. @throws SluiceError SLUICE_MODEL_UNREACHABLE, SLUICE_MODEL_AUTH */
  async #reached(): Promise<SluiceClient> {
    const client = this.#connected();
    const { connect } = this.#config.timeouts;
    const silent = () => {
      const message = `${this.#id}: ${this.#config.url} did not answer within ${connect} ms.`;
      return new SluiceError("SLUICE_MODEL_UNREACHABLE", message);
    };
    try {
      await within(client.ready(), connect, silent);
      return client;
    } catch (error) {
      throw SluiceError.is(error) && error.code.startsWith("SLUICE_MODEL")
        ? error
        : remoteError(this.#id, SluiceError.from(error));
    }
  }

  #connected(): SluiceClient {
    if (this.#client !== undefined) return this.#client;
    const { url, token, maxRetries, retryDelay, timeouts } = this.#config;
    const client = new SluiceClient({
      url,
      maxRetries,
      retryDelay,
      timeout: timeouts.connect,
      ...(token ? { token } : {}),
    });
    this.#client = client;
    client.state$.subscribe({
      next: (state) => {
        if (state === "open") this.health$.next({ status: "ok" });
        else if (state === "waiting" || state === "closed") {
          this.health$.next({ status: "degraded", reason: `there is no connection to ${url}` });
        }
      },
      // It has given up: the next answer tries anew.
      complete: () => {
        if (this.#client === client) this.#client = undefined;
      },
    });
    return client;
  }

  #timeout(what: string, milliseconds: number): SluiceError {
    return new SluiceError("SLUICE_MODEL_TIMEOUT", `${this.#id}: ${what} within ${milliseconds / 1000} s.`);
  }

  #incomplete(why: string): SluiceError {
    return new SluiceError("SLUICE_MODEL_INCOMPLETE", `${this.#id}: ${why}.`);
  }
}

function namesIn({ flows, models }: Welcome): readonly string[] {
  return [...flows.map(({ name }) => name), ...models.map(({ id }) => id)];
}
