import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type AccessRequest, type Clock, type Grant, type Role, SluiceError } from "../../core/contract/index.ts";
import { roleAllows } from "../../core/kit/index.ts";

/** Somebody who has signed in. */
export interface Person extends Grant {
  /** What writes must carry: a page of another origin cannot know it. */
  readonly csrf: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export interface LoginsOptions {
  readonly clock: Clock;
  /** Signs cookies; they survive a restart of the host as long as this stays the same. */
  readonly key: () => string;
  /** Milliseconds that a link, and a cookie, are good. */
  readonly link: number;
  readonly session: number;
  /** What a page may do at most; a cookie of a time when that was more is worth no more than this. */
  readonly most: Role;
}

const roles: readonly Role[] = ["read", "run", "operate", "configure"];
/** Links that may be out at once; the oldest goes when one more is wanted. */
const mostLinks = 256;
const mostSignedOut = 10_000;

/**
 * Turns one-time links into cookies. A cookie carries its role and end under a signature. So nothing is kept of those
 * who are signed in. Those who sign out are remembered until their cookie would have ended.
 */
export class Logins {
  readonly #options: LoginsOptions;
  readonly #links = new Map<string, { readonly role: Role; readonly expires: number }>();
  readonly #signedOut = new Map<string, number>();

  constructor(options: LoginsOptions) {
    this.#options = options;
  }

  createLink(role: Role): { readonly token: string; readonly expires: string } {
    const now = this.#options.clock.now();
    for (const [digest, link] of this.#links) {
      if (link.expires <= now || this.#links.size >= mostLinks) this.#links.delete(digest);
    }
    const token = randomBytes(24).toString("base64url");
    const expires = now + this.#options.link;
    this.#links.set(digestOf(token), { role, expires });
    return { token, expires: new Date(expires).toISOString() };
  }

  /** Links that are out were asked for with a token that is worth nothing now. */
  forgetLinks(): void {
    this.#links.clear();
  }

  /** The cookie for a link's token, which is void from then on. @throws SluiceError SLUICE_WIRE_AUTH */
  signIn(token: string): string {
    const digest = digestOf(token);
    const link = this.#links.get(digest);
    this.#links.delete(digest);
    const now = this.#options.clock.now();
    if (link === undefined || link.expires <= now) {
      throw new SluiceError("SLUICE_WIRE_AUTH", "this link has been used already, or is too old", {
        cure: "Get a new one with `sluice monitor`.",
      });
    }
    const body = [randomBytes(12).toString("base64url"), roles.indexOf(link.role), now + this.#options.session].join(
      ".",
    );
    return `${body}.${this.#sign("cookie", body)}`;
  }

  signOut(request: AccessRequest): void {
    const cookie = cookieOf(request);
    const person = this.person(request);
    if (cookie === undefined || person === undefined) return;
    const now = this.#options.clock.now();
    for (const [digest, expires] of this.#signedOut) {
      if (expires <= now || this.#signedOut.size >= mostSignedOut) this.#signedOut.delete(digest);
    }
    this.#signedOut.set(digestOf(cookie), person.expires);
  }

  /** The person who sends a request, if the cookie is ours and still good. */
  person(request: AccessRequest): Person | undefined {
    const cookie = cookieOf(request);
    if (cookie === undefined) return undefined;
    const at = cookie.lastIndexOf(".");
    const body = cookie.slice(0, at);
    if (!sameText(this.#sign("cookie", body), cookie.slice(at + 1))) return undefined;
    const [id, roleIndex, end] = body.split(".");
    const given = roles[Number(roleIndex)];
    const role = given !== undefined && roleAllows(given, this.#options.most) ? this.#options.most : given;
    const expires = Number(end);
    if (id === undefined || role === undefined || !(expires > this.#options.clock.now())) return undefined;
    if (this.#signedOut.has(digestOf(cookie))) return undefined;
    return { name: `page-${id}`, role, expires, csrf: this.#sign("csrf", body) };
  }

  /** The port stands in its name, because browsers send cookies to all ports of a machine. */
  setCookie(request: AccessRequest, value: string): string {
    const seconds = value === "" ? 0 : Math.floor(this.#options.session / 1000);
    return `${cookieName(request)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
  }

  #sign(purpose: string, text: string): string {
    return createHmac("sha256", this.#options.key()).update(`${purpose}\n${text}`).digest("base64url");
  }
}

export function sameText(one: string, other: string): boolean {
  return timingSafeEqual(createHash("sha256").update(one).digest(), createHash("sha256").update(other).digest());
}

function cookieName(request: AccessRequest): string {
  return `sluice-${/:(\d+)$/.exec(request.headers.host ?? "")?.[1] ?? "80"}`;
}

function cookieOf(request: AccessRequest): string | undefined {
  const prefix = `${cookieName(request)}=`;
  const cookies = (request.headers.cookie ?? "").split(";").map((text) => text.trim());
  return cookies.find((text) => text.startsWith(prefix))?.slice(prefix.length);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
