import { createHash, randomBytes } from "node:crypto";
import { type ClientHost, type Clock, SluiceError } from "../../core/contract/index.ts";

/** A run that somebody shows to others, read as that person may read it. */
export interface Share {
  readonly run: string;
  readonly host: ClientHost;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Shares that may be out at once; the oldest goes when one more is wanted. */
const most = 256;

/** Links with which anybody may read one run that has ended, and nothing else, until they expire. */
export class Shares {
  readonly #clock: Clock;
  readonly #keep: number;
  /** By the digest of the token: whoever reads this memory learns no token. */
  readonly #shares = new Map<string, Share>();

  /** `keep`: milliseconds that a link is good. */
  constructor(clock: Clock, keep: number) {
    this.#clock = clock;
    this.#keep = keep;
  }

  add(run: string, host: ClientHost): { readonly token: string; readonly expires: number } {
    const now = this.#clock.now();
    for (const [digest, share] of this.#shares)
      if (share.expires <= now || this.#shares.size >= most) this.#shares.delete(digest);
    const token = randomBytes(24).toString("base64url");
    const expires = now + this.#keep;
    this.#shares.set(digestOf(token), { run, host, expires });
    return { token, expires };
  }

  /** @throws SluiceError SLUICE_WIRE_AUTH */
  find(token: string | string[] | undefined): Share {
    const share = typeof token === "string" ? this.#shares.get(digestOf(token)) : undefined;
    if (share !== undefined && share.expires > this.#clock.now()) return share;
    throw new SluiceError("SLUICE_WIRE_AUTH", "this link shows nothing any more", {
      cure: "Ask for a new one: links end after a while, and with the host.",
    });
  }

  clear(): void {
    this.#shares.clear();
  }
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
