import { type ClientHost, type RunHost, SluiceError } from "../../core/contract/index.ts";
import { plural } from "../../core/kit/index.ts";
import type { McpConfig } from "./config.generated.ts";

/** Somebody who calls tools: what a token proved, or whoever started `sluice mcp`. */
export interface Caller {
  /** The name of its token. */
  readonly name: string;
  /** The host as far as this caller may use it. */
  readonly host: RunHost;
  readonly config: McpConfig;
  readonly slots: Slots;
  readonly sessions: SessionLimit;
}

/** How many calls run something at once, and when they have ended. */
export class Slots {
  readonly #limit: number;
  readonly #taken = new Set<Promise<void>>();
  #closed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws SluiceError SLUICE_OVERLOADED, SLUICE_HOST_STOPPING */
  take(): Disposable {
    if (this.#closed) throw new SluiceError("SLUICE_HOST_STOPPING", "the host is stopping", { retryAfter: 1000 });
    if (this.#taken.size >= this.#limit) {
      throw new SluiceError("SLUICE_OVERLOADED", `a client may have ${plural(this.#limit, "run")} at once`, {
        retryAfter: 1000,
      });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#taken.add(promise);
    return {
      [Symbol.dispose]: () => {
        this.#taken.delete(promise);
        resolve();
      },
    };
  }

  /** Gives no more. */
  close(): void {
    this.#closed = true;
  }

  async idle(): Promise<void> {
    await Promise.all(this.#taken);
  }
}

/** How many sessions a caller may begin; whose they are, the host knows. Without `host` there is no bound. */
export class SessionLimit {
  readonly #limit: number;
  readonly #host: ClientHost | undefined;

  constructor(limit: number, host?: ClientHost) {
    this.#limit = limit;
    this.#host = host;
  }

  /** Lets the caller begin or continue a session. @throws SluiceError SLUICE_WIRE_FORBIDDEN, SLUICE_OVERLOADED */
  enter(session: string): void {
    const host = this.#host;
    if (host === undefined) return;
    host.demand("sessions.use");
    const live = host.sessions.list();
    const own = live.filter(({ owner }) => host.owns("session", owner));
    if (own.length < this.#limit || live.some((each) => each.session === session)) return;
    throw new SluiceError("SLUICE_OVERLOADED", `a client may have ${plural(this.#limit, "session")} at once`, {
      retryAfter: 5000,
    });
  }
}
