import { type Logger, SluiceError } from "../../core/contract/index.ts";
import { orAborted, startTimer, type Timer } from "../../core/kit/index.ts";
import type { Server } from "./server.ts";

export interface ServersOptions {
  readonly id: string;
  /** Sessions that may have a server at once. */
  readonly most: number;
  /** Servers kept started while the host serves. */
  readonly pool: number;
  /** Milliseconds; 0 is never. */
  readonly idle: number;
  readonly start: (session: string | undefined, signal: AbortSignal) => Promise<Server>;
  readonly log: Logger;
  /** A reason while something is wrong, nothing when all is well again. */
  readonly onHealth: (reason: string | undefined) => void;
}

/** A session's turn with its server; nobody else has it until it is released. */
export interface Lease {
  readonly server: Server;
  /** `sound`: whether the server may go on; otherwise it is removed, and the session's next turn gets another. */
  release(sound: boolean): void;
}

/** What one session has. */
class Place {
  server: Server | undefined;
  /** Turns under way and waiting. */
  turns = 0;
  last: Promise<void> = Promise.resolve();
  idle: Timer | undefined;
}

/** Milliseconds before another attempt to fill the pool, doubled up to a minute. */
const firstPause = 1000;
const longestPause = 60_000;

/** The servers of an instance: one for each session, never given to another one, and some that wait for a session. */
export class Servers {
  readonly #options: ServersOptions;
  /** In the order of use, the one that was idle longest first. */
  readonly #places = new Map<string, Place>();
  readonly #spare = new Set<Server>();
  readonly #work = new Set<Promise<unknown>>();
  readonly #abort = new AbortController();
  /** Those of the pool that start. */
  readonly #coming = new Set<Promise<void>>();
  #size = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  /** Keeps the pool full from now on, in the background. */
  fill(): void {
    this.#size = this.#options.pool;
    this.#refill(firstPause);
  }

  /**
   * Waits for the session's turn and gives it its server, a new one where it has none.
   * @throws SluiceError SLUICE_OVERLOADED when all servers are busy, or what the start throws
   */
  async lease(session: string, signal: AbortSignal): Promise<Lease> {
    const place = this.#places.get(session) ?? new Place();
    this.#places.delete(session);
    this.#places.set(session, place);
    place.idle?.stop();
    place.turns += 1;
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const before = place.last;
    place.last = before.then(() => over);
    try {
      await orAborted(before, signal);
      place.server = await this.#serverFor(session, place, signal);
      const { server } = place;
      return {
        server,
        release: (sound) => {
          if (!sound) this.#drop(place);
          this.#leave(session, place);
          end();
        },
      };
    } catch (error) {
      this.#leave(session, place);
      end();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    this.#abort.abort(new SluiceError("SLUICE_SANDBOX_CLOSED", `${this.#options.id} is stopping`));
    clearTimeout(this.#retry);
    for (const place of this.#places.values()) {
      place.idle?.stop();
      this.#drop(place);
    }
    for (const server of this.#spare) this.#remove(server);
    this.#spare.clear();
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  async #serverFor(session: string, place: Place, signal: AbortSignal): Promise<Server> {
    if (place.server && !place.server.gone.aborted) return place.server;
    place.server = undefined;
    this.#makeRoom(place);
    // One that starts already is there sooner than one that does not.
    if (this.#spare.size === 0 && this.#coming.size > 0) await orAborted(Promise.race(this.#coming), signal);
    const [waiting] = this.#spare;
    if (waiting !== undefined) {
      this.#spare.delete(waiting);
      this.#refill(firstPause);
      return this.#watched(waiting);
    }
    const either = AbortSignal.any([signal, this.#abort.signal]);
    return this.#watched(await this.#later(this.#options.start(session, either)));
  }

  /** A server that ends by itself is told of, and another is started in its place. */
  #watched(server: Server): Server {
    server.gone.addEventListener("abort", () => this.#lost(server), { once: true });
    return server;
  }

  #lost(server: Server): void {
    const { message } = server.gone.reason as SluiceError;
    this.#options.log.warn(message, { container: server.name });
    this.#spare.delete(server);
    this.#remove(server);
    if (this.#size === 0) return;
    this.#options.onHealth(message);
    this.#refill(firstPause);
  }

  #makeRoom(asking: Place): void {
    const holding = [...this.#places].filter(([, place]) => place !== asking && (place.server || place.turns > 0));
    if (holding.length < this.#options.most) return;
    const quiet = holding.find(([, place]) => place.turns === 0);
    if (quiet === undefined) {
      throw new SluiceError("SLUICE_OVERLOADED", `${this.#options.id}: all ${this.#options.most} servers are busy.`, {
        cure: "Wait and try again, or raise `sessions`.",
        retryAfter: 1000,
      });
    }
    this.#forget(...quiet);
  }

  #leave(session: string, place: Place): void {
    place.turns -= 1;
    if (place.turns > 0) return;
    if (place.server === undefined) this.#forget(session, place);
    else if (this.#options.idle > 0) {
      place.idle = startTimer(() => this.#forget(session, place), this.#options.idle);
      place.idle.unref();
    }
  }

  #forget(session: string, place: Place): void {
    place.idle?.stop();
    this.#drop(place);
    if (this.#places.get(session) === place) this.#places.delete(session);
  }

  #drop(place: Place): void {
    if (place.server) this.#remove(place.server);
    place.server = undefined;
  }

  #remove(server: Server): void {
    void this.#later(server[Symbol.asyncDispose]().catch((error: unknown) => this.#options.log.warn(String(error))));
  }

  #refill(pause: number): void {
    while (!this.#abort.signal.aborted && this.#spare.size + this.#coming.size < this.#size) {
      const coming: Promise<void> = this.#later(this.#add(pause)).finally(() => this.#coming.delete(coming));
      this.#coming.add(coming);
    }
  }

  async #add(pause: number): Promise<void> {
    const { start, onHealth, log } = this.#options;
    try {
      const server = await start(undefined, this.#abort.signal);
      if (this.#abort.signal.aborted) {
        this.#remove(server);
        return;
      }
      this.#spare.add(server);
      server.gone.addEventListener("abort", () => this.#spare.has(server) && this.#lost(server), { once: true });
      onHealth(undefined);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const { message } = SluiceError.from(error);
      log.warn(`no server could be started: ${message}`);
      onHealth(message);
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#refill(Math.min(longestPause, pause * 2)), pause);
      this.#retry.unref();
    }
  }

  /** Counts as work until it is over, so that `dispose` waits for it. */
  #later<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work);
    const done = () => this.#work.delete(work);
    work.then(done, done);
    return work;
  }
}
