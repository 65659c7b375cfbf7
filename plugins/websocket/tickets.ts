import { createHash, randomBytes } from "node:crypto";
import type { Clock, Grant } from "../../core/contract/index.ts";
import { firstToGo } from "../../core/kit/index.ts";

/** So many may be out at once; when one more is wanted, the oldest of whoever has the most goes. */
const bound = 1024;

/** One-time stand-ins for a token, for pages that should not hold it. */
export class Tickets {
  readonly #clock: Clock;
  readonly #lifetime: number;
  /** By digest, so that looking one up tells nothing about the others through time. */
  readonly #tickets = new Map<string, { readonly grant: Grant; readonly expires: number }>();

  constructor(clock: Clock, lifetime: number) {
    this.#clock = clock;
    this.#lifetime = lifetime;
  }

  create(grant: Grant): { readonly ticket: string; readonly expires: string } {
    const now = this.#clock.now();
    for (const [digest, { expires }] of this.#tickets) if (expires <= now) this.#tickets.delete(digest);
    if (this.#tickets.size >= bound)
      this.#tickets.delete(firstToGo(this.#tickets, (out) => `${out.grant.realm ?? ""}:${out.grant.name}`) ?? "");
    const ticket = `ticket-${randomBytes(32).toString("base64url")}`;
    this.#tickets.set(digestOf(ticket), { grant, expires: now + this.#lifetime });
    return { ticket, expires: new Date(now + this.#lifetime).toISOString() };
  }

  /** Takes back what was given out to those. */
  revoke(gone: (grant: Grant) => boolean): void {
    for (const [digest, { grant }] of this.#tickets) if (gone(grant)) this.#tickets.delete(digest);
  }

  /** What the ticket grants; it is void from then on. */
  redeem(ticket: string): Grant | undefined {
    const digest = digestOf(ticket);
    const found = this.#tickets.get(digest);
    this.#tickets.delete(digest);
    return found !== undefined && found.expires > this.#clock.now() ? found.grant : undefined;
  }
}

function digestOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("base64");
}
