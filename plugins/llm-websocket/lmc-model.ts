import type { Observable, Subscriber } from "rxjs";
import type { Model, ModelEvent, ModelProbe, ModelRequest } from "../../core/contract/index.ts";
import { answering, estimateUsage, LmcConnection, lmcAnswer, startTimer, type Timer } from "../../core/kit/index.ts";
import type { LlmWebsocketConfig } from "./config.generated.ts";
import { sinceLastAnswer, transcript } from "./said.ts";

/** What one session has: the server remembers a connection's conversation. */
interface Talk {
  connection: LmcConnection | undefined;
  last: Promise<void>;
  /** Answers under way and waiting. */
  turns: number;
  idle: Timer | undefined;
}

/** A server of Open Interpreter's protocol: a connection for each session, so that their conversations stay apart. */
export class LmcModel implements Model {
  readonly modelId: string;
  readonly #id: string;
  readonly #config: LlmWebsocketConfig;
  readonly #talks = new Map<string, Talk>();
  readonly #disposed = new AbortController();

  constructor(id: string, config: LlmWebsocketConfig) {
    this.#id = id;
    this.#config = config;
    this.modelId = `lmc@${new URL(config.url).host}`;
  }

  get timeout(): number {
    return this.#config.timeouts.total;
  }

  generate(request: ModelRequest, signal: AbortSignal): Observable<ModelEvent> {
    return answering(this.#id, [signal, this.#disposed.signal], (subscriber, stopped) =>
      this.#answer(request, subscriber, stopped),
    );
  }

  async probe(signal: AbortSignal): Promise<ModelProbe> {
    const began = performance.now();
    (await this.#open(signal)).close();
    return { reachable: true, latency: Math.round(performance.now() - began) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    for (const talk of this.#talks.values()) {
      talk.idle?.stop();
      talk.connection?.close();
    }
    this.#talks.clear();
  }

  async #answer(request: ModelRequest, subscriber: Subscriber<ModelEvent>, signal: AbortSignal): Promise<void> {
    const { session } = request;
    const talk = this.#talkOf(session);
    const before = talk.last;
    const { promise, resolve } = Promise.withResolvers<void>();
    talk.last = promise;
    await before;
    try {
      signal.throwIfAborted();
      const known = talk.connection?.alive ?? false;
      if (!known) talk.connection = await this.#open(signal);
      const text = known ? sinceLastAnswer(request) : transcript(request);
      await this.#say(talk, text, request, subscriber, signal);
    } finally {
      resolve();
      this.#rest(session, talk);
    }
  }

  async #say(
    talk: Talk,
    text: string,
    request: ModelRequest,
    subscriber: Subscriber<ModelEvent>,
    signal: AbortSignal,
  ): Promise<void> {
    const { connection } = talk;
    if (connection === undefined) return;
    const { timeouts } = this.#config;
    const emit = (event: ModelEvent) => subscriber.next(event);
    try {
      const { characters, timedOut } = await lmcAnswer(
        connection,
        text,
        { source: this.#id, timeouts, emit, mayBeEmpty: true },
        signal,
      );
      if (timedOut) this.#abandon(talk, connection);
      emit({ type: "finish", reason: "stop", usage: estimateUsage(request, characters) });
    } catch (error) {
      this.#abandon(talk, connection);
      throw error;
    }
  }

  /** The rest of that answer must not be taken for the next one. */
  #abandon(talk: Talk, connection: LmcConnection): void {
    connection.stop();
    connection.close();
    talk.connection = undefined;
  }

  #open(signal: AbortSignal): Promise<LmcConnection> {
    const { url, token, timeouts } = this.#config;
    return LmcConnection.open(
      {
        url: url.replace(/^http/, "ws"),
        source: this.#id,
        timeout: timeouts.connect,
        ...(token ? { key: token } : {}),
      },
      signal,
    );
  }

  #talkOf(session: string | undefined): Talk {
    const existing = session === undefined ? undefined : this.#talks.get(session);
    const talk = existing ?? { connection: undefined, last: Promise.resolve(), turns: 0, idle: undefined };
    talk.turns += 1;
    talk.idle?.stop();
    if (session !== undefined) this.#talks.set(session, talk);
    return talk;
  }

  #rest(session: string | undefined, talk: Talk): void {
    const forget = () => {
      talk.connection?.close();
      if (session !== undefined && this.#talks.get(session) === talk) this.#talks.delete(session);
    };
    talk.turns -= 1;
    if (talk.turns > 0) return;
    if (session === undefined || this.#disposed.signal.aborted) forget();
    else {
      talk.idle = startTimer(forget, this.#config.idle);
      talk.idle.unref();
    }
  }
}
