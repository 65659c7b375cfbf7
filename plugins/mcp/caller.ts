import { type Role, type RunHost, roleAllows, SluiceError } from "../../core/index.ts";
import type { McpConfig } from "./config.generated.ts";

/** Somebody who calls tools: what a token proved, or whoever started `sluice mcp`. */
export interface Caller {
  /** The name of its token. */
  readonly name: string;
  readonly role: Role;
  readonly host: RunHost;
  readonly config: McpConfig;
  readonly slots: Slots;
  readonly sessions: SessionOwners;
}

/** @throws SluiceError SLUICE_WIRE_FORBIDDEN */
export function demand(caller: Caller, role: Role, what: string): void {
  if (roleAllows(caller.role, role)) return;
  const message = `${what} needs the role ${role}; this client has ${caller.role}`;
  throw new SluiceError("SLUICE_WIRE_FORBIDDEN", message);
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
      throw new SluiceError("SLUICE_OVERLOADED", `a client may have ${this.#limit} runs at once`, { retryAfter: 1000 });
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

/**
 * Whose named sessions they are: those of the token that used them first. `live` tells which there are; without it, as
 * where one client has the host for itself, all are its own.
 */
export class SessionOwners {
  readonly #limit: number;
  readonly #live: (() => readonly string[]) | undefined;
  readonly #owners = new Map<string, string>();

  constructor(limit: number, live?: () => readonly string[]) {
    this.#limit = limit;
    this.#live = live;
  }

  /** Lets a caller use a session. @throws SluiceError SLUICE_WIRE_FORBIDDEN, SLUICE_OVERLOADED */
  enter(caller: Pick<Caller, "name" | "role">, session: string): void {
    if (this.#live === undefined) return;
    const live = new Set(this.#live());
    const owner = this.#owners.get(session);
    if (live.has(session)) {
      if (owner === caller.name || roleAllows(caller.role, "operate")) return;
      throw new SluiceError("SLUICE_WIRE_FORBIDDEN", `the session ${session} belongs to somebody else`);
    }
    for (const name of this.#owners.keys()) if (!live.has(name)) this.#owners.delete(name);
    if ([...this.#owners.values()].filter((name) => name === caller.name).length >= this.#limit) {
      const message = `a client may have ${this.#limit} sessions at once`;
      throw new SluiceError("SLUICE_OVERLOADED", message, { retryAfter: 5000 });
    }
    this.#owners.set(session, caller.name);
  }
}
