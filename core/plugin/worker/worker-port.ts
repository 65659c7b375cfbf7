import { Observable, type Subscription } from "rxjs";
import { SluiceError, textOfThrown } from "../../contract/errors.ts";
import type { WorkerChannel } from "./channel.ts";
import { fromFailure, toFailure } from "./failure.ts";
import { Outlet } from "./outlet.ts";

/** One call of the other side, as whoever answers it is given it. */
export interface Incoming {
  readonly args: readonly unknown[];
  /** Aborts when the other side's signal does, or when it no longer reads. */
  readonly signal: AbortSignal;
  /** See `ExecuteOptions.pressure`; for streams. */
  readonly pressure: () => Promise<void> | undefined;
}

/** What the other side may call, by name; a stream's method returns an Observable. */
export type Target = Readonly<Record<string, (call: Incoming) => unknown>>;

export interface StreamOptions {
  readonly signal?: AbortSignal | undefined;
  /** More is asked for when it resolves. */
  readonly pressure?: (() => Promise<void> | undefined) | undefined;
}

/** What goes over the channel. `id` is of whoever asks; the answers name it. */
interface Message {
  readonly kind: "call" | "open" | "abort" | "leave" | "taken" | "answer" | "refusal" | "items" | "end";
  readonly id: number;
  readonly target?: number;
  readonly method?: string;
  readonly args?: readonly unknown[];
  readonly value?: unknown;
  readonly items?: readonly unknown[];
  readonly weight?: number;
}

interface OpenQuestion {
  answer?(value: unknown): void;
  items?(items: readonly unknown[], weight: number): void;
  end?(): void;
  fail(error: Error): void;
}

interface OpenCall {
  readonly stop: AbortController;
  outlet?: Outlet;
  reading?: Subscription;
}

/** Calls of the other side that are under way; a plugin that asks for more does not wait for answers. */
const mostServed = 10_000;

/**
 * Calls between a host and a worker process. Each side offers targets with methods, and calls those of the other: calls
 * with one answer, and streams that the reader slows. A signal's abort and an unsubscription go over as well.
 */
export class WorkerPort {
  readonly #channel: WorkerChannel;
  readonly #targets = new Map<number, Target>();
  readonly #asked = new Map<number, OpenQuestion>();
  readonly #served = new Map<number, OpenCall>();
  #lastTarget = 0;
  #lastId = 0;
  #ended: Error | undefined;

  constructor(channel: WorkerChannel, target: Target = {}) {
    this.#channel = channel;
    this.#targets.set(0, target);
    channel.onMessage((message) => this.#take(message));
  }

  /** Offers one more target; `withdraw` takes it back. */
  expose(target: Target): number {
    this.#lastTarget += 1;
    this.#targets.set(this.#lastTarget, target);
    return this.#lastTarget;
  }

  withdraw(target: number): void {
    this.#targets.delete(target);
  }

  call(target: number, method: string, args: readonly unknown[] = [], signal?: AbortSignal): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const leave = this.#ask("call", { answer: resolve, fail: reject }, { target, method, args }, signal);
    return promise.finally(leave);
  }

  stream(target: number, method: string, args: readonly unknown[], options: StreamOptions = {}): Observable<unknown> {
    return new Observable((reader) => {
      const asked: OpenQuestion = {
        items: (items, weight) => {
          for (const item of items) reader.next(item);
          const more = () => this.#post({ kind: "taken", id, weight });
          const wait = options.pressure?.();
          if (wait === undefined) more();
          else wait.then(more, more);
        },
        end: () => reader.complete(),
        fail: (error) => reader.error(error),
      };
      const id = this.#lastId + 1;
      return this.#ask("open", asked, { target, method, args }, options.signal);
    });
  }

  /** Nothing comes or goes any more; whatever waits for an answer fails with `error`. */
  end(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#channel.close();
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const each of asked) each.fail(error);
    for (const id of [...this.#served.keys()]) this.#leave(id);
  }

  /** Returns what takes the question back. */
  #ask(kind: "call" | "open", asked: OpenQuestion, what: Partial<Message>, signal?: AbortSignal): () => void {
    this.#lastId += 1;
    const id = this.#lastId;
    if (this.#ended !== undefined) {
      asked.fail(this.#ended);
      return () => undefined;
    }
    this.#asked.set(id, asked);
    try {
      this.#channel.send({ kind, id, ...what });
    } catch (error) {
      this.#asked.delete(id);
      asked.fail(uncloneable(String(what.method), error));
      return () => undefined;
    }
    const abort = () => this.#post({ kind: "abort", id, value: toFailure(signal?.reason) });
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    return () => {
      signal?.removeEventListener("abort", abort);
      if (this.#asked.delete(id) && kind === "open") this.#post({ kind: "leave", id });
    };
  }

  #post(message: Message): void {
    if (this.#ended === undefined) this.#channel.send(message);
  }

  /** The other side may run code of others: what is no message, or answers nothing, is passed over. */
  #take(message: unknown): void {
    if (typeof message !== "object" || message === null || this.#ended !== undefined) return;
    const { kind, id, value, items, weight } = message as Message;
    const asked = this.#asked.get(id);
    if (kind === "call" || kind === "open") this.#serve(message as Message);
    else if (kind === "abort") this.#served.get(id)?.stop.abort(fromFailure(value));
    else if (kind === "leave") this.#leave(id);
    else if (kind === "taken") this.#served.get(id)?.outlet?.taken(Number(weight));
    else if (kind === "items") asked?.items?.(Array.isArray(items) ? items : [], Number(weight));
    else if (kind === "answer" || kind === "refusal" || kind === "end") {
      this.#asked.delete(id);
      if (kind === "answer") asked?.answer?.(value);
      else if (kind === "end") asked?.end?.();
      else asked?.fail(fromFailure(value));
    }
  }

  #serve({ kind, id, target = 0, method = "", args = [] }: Message): void {
    const methods = this.#targets.get(target);
    const found = methods !== undefined && Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (found === undefined || this.#served.size >= mostServed) {
      const why = found === undefined ? `there is no ${method}` : `over ${mostServed} calls wait for answers`;
      this.#refuse(id, new Error(why));
      return;
    }
    const served: OpenCall = { stop: new AbortController() };
    this.#served.set(id, served);
    const call = { args, signal: served.stop.signal, pressure: () => served.outlet?.pressure() };
    if (kind === "call") void this.#answer(id, method, async () => found(call));
    else this.#open(id, served, method, () => found(call) as Observable<unknown>);
  }

  async #answer(id: number, method: string, run: () => Promise<unknown>): Promise<void> {
    try {
      const value = await run();
      try {
        this.#post({ kind: "answer", id, value });
      } catch (error) {
        this.#refuse(id, uncloneable(method, error));
      }
    } catch (thrown) {
      this.#refuse(id, thrown);
    } finally {
      this.#served.delete(id);
    }
  }

  #open(id: number, served: OpenCall, method: string, run: () => Observable<unknown>): void {
    const outlet = new Outlet({
      send: (items, weight) => this.#post({ kind: "items", id, items, weight }),
      fail: (error) => {
        this.#leave(id);
        this.#refuse(id, uncloneable(method, error));
      },
    });
    served.outlet = outlet;
    const end = (last: () => void) =>
      outlet.end(() => {
        this.#served.delete(id);
        last();
      });
    try {
      served.reading = run().subscribe({
        next: (item) => outlet.push(item),
        error: (thrown: unknown) => end(() => this.#refuse(id, thrown)),
        complete: () => end(() => this.#post({ kind: "end", id })),
      });
      if (!this.#served.has(id)) served.reading.unsubscribe();
    } catch (thrown) {
      end(() => this.#refuse(id, thrown));
    }
  }

  #refuse(id: number, thrown: unknown): void {
    this.#post({ kind: "refusal", id, value: toFailure(thrown) });
  }

  #leave(id: number): void {
    const served = this.#served.get(id);
    this.#served.delete(id);
    served?.outlet?.close();
    served?.stop.abort(unread);
    try {
      served?.reading?.unsubscribe();
    } catch {
      // How a plugin takes it to be left is its own affair; its host's end of the stream is gone.
    }
  }
}

/** Made once: whoever is left need not know where. */
const unread = new SluiceError("SLUICE_RUN_CANCELLED", "nobody reads it any more");

function uncloneable(method: string, error: unknown): Error {
  return new Error(`${method} gave what cannot go from one process to another: ${textOfThrown(error)}`);
}
