import type { Sessions } from "../../core/index.ts";
import { roleAllows, SluiceError } from "../../core/index.ts";
import type { Peer } from "./peer.ts";

/** Whose named sessions they are: those of the token that opened them first. */
export class SessionRegister {
  readonly #limit: number;
  readonly #owners = new Map<string, string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Lets a client open a run in a session, and remembers whose it is.
   * @throws SluiceError SLUICE_WIRE_FORBIDDEN for somebody else's, SLUICE_OVERLOADED beyond the limit
   */
  enter(peer: Peer, session: string, sessions: Sessions): void {
    const live = new Set(sessions.list().map((info) => info.session));
    const owner = this.#owners.get(session);
    if (owner !== undefined && (owner === peer.principal || live.has(session))) {
      this.demand(peer, session);
      return;
    }
    if (live.has(session)) this.demand(peer, session);
    const own = [...this.#owners].filter(([name, principal]) => principal === peer.principal && live.has(name));
    if (own.length >= this.#limit) {
      const message = `a client may have ${this.#limit} sessions at once`;
      throw new SluiceError("SLUICE_OVERLOADED", message, { retryAfter: 5000 });
    }
    for (const name of this.#owners.keys()) if (!live.has(name)) this.#owners.delete(name);
    this.#owners.set(session, peer.principal);
  }

  /** @throws SluiceError SLUICE_WIRE_FORBIDDEN unless the session is the client's own, or it may operate. */
  demand(peer: Peer, session: string): void {
    if (roleAllows(peer.role, "operate")) return;
    if (roleAllows(peer.role, "run") && this.#owners.get(session) === peer.principal) return;
    const message = `the session ${session} belongs to somebody else`;
    throw new SluiceError("SLUICE_WIRE_FORBIDDEN", message);
  }
}
