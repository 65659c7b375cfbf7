import { createHash, randomBytes } from "node:crypto";
import { type ClientHost, type Clock, SluiceError } from "../../core/contract/index.ts";
import { firstToGo } from "../../core/kit/index.ts";

/** What a share is made of. */
export interface NewShare {
  readonly run: string;
  /** Whose run it is, where it is somebody's. */
  readonly runOwner: string | undefined;
  /** The host as whoever gives it may use it. */
  readonly host: ClientHost;
  /** The signed-in page that gives it. */
  readonly giver: string;
  /** Milliseconds since 1970: when the giver's own right ends. */
  readonly until: number;
}

/** A run that somebody shows to others, read as that person may read it. */
export interface Share extends Omit<NewShare, "until"> {
  /** Names it in lists. It opens nothing. */
  readonly id: string;
  /** As runs name their owner. */
  readonly owner: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly expires: number;
  /** Aborts when it ends before that time. */
  readonly ended: AbortSignal;
}

/** Shares that may be out at once; when one more is wanted, the oldest of whoever has the most goes. */
const most = 256;

/**
 * Links with which anybody may read one run that has ended, and nothing else. A link ends with the right of whoever gave
 * it: when that cookie ends or is signed out, when the host's token is replaced, and with the host.
 */
export class Shares {
  readonly #clock: Clock;
  readonly #page: () => string;
  /** By the digest of the token: whoever reads this memory learns no token. */
  readonly #shares = new Map<string, Share & { readonly end: () => void }>();

  /** `page`: the address of the page that opens them. */
  constructor(clock: Clock, page: () => string) {
    this.#clock = clock;
    this.#page = page;
  }

  add({ until, ...given }: NewShare): { readonly id: string; readonly link: string; readonly expires: string } {
    if (this.list().length >= most) {
      const digest = firstToGo(this.#shares, ({ owner }) => owner);
      this.#endWhere((share) => share === this.#shares.get(digest ?? ""));
    }
    const token = randomBytes(24).toString("base64url");
    const id = randomBytes(9).toString("base64url");
    const stop = new AbortController();
    this.#shares.set(digestOf(token), {
      ...given,
      ...{ id, owner: given.host.owner, created: this.#clock.now(), expires: until },
      ...{ ended: stop.signal, end: () => stop.abort() },
    });
    const link = `${this.#page()}/bundle#share=${token}`;
    return { id, link, expires: new Date(until).toISOString() };
  }

  /** Those that are good, the oldest first. */
  list(): readonly Share[] {
    const now = this.#clock.now();
    this.#endWhere(({ expires }) => expires <= now);
    return [...this.#shares.values()];
  }

  /** @throws SluiceError SLUICE_WIRE_AUTH */
  find(token: string | string[] | undefined): Share {
    const share = typeof token === "string" ? this.#shares.get(digestOf(token)) : undefined;
    if (share !== undefined && share.expires > this.#clock.now()) return share;
    throw new SluiceError("SLUICE_WIRE_AUTH", "this link shows nothing any more", {
      cure: "Ask for a new one: a link ends when whoever gave it ends it, signs out, or is signed out.",
    });
  }

  end(id: string): void {
    this.#endWhere((share) => share.id === id);
  }

  /** Those of somebody who has signed out. */
  endOf(giver: string): void {
    this.#endWhere((share) => share.giver === giver);
  }

  clear(): void {
    this.#endWhere(() => true);
  }

  #endWhere(holds: (share: Share) => boolean): void {
    for (const [digest, share] of this.#shares) {
      if (!holds(share)) continue;
      this.#shares.delete(digest);
      share.end();
    }
  }
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
