import { createHash, timingSafeEqual } from "node:crypto";

/** What a client may do, least first; each includes those before it. */
export type Role = "read" | "run" | "operate" | "configure";

const roles: readonly Role[] = ["read", "run", "operate", "configure"];

/** Who somebody is, as far as the token tells. */
export interface Grant {
  /** Tells apart those who hold different tokens of one transport; clients of one name share sessions. */
  readonly name: string;
  readonly role: Role;
  /** The transport that knows the name, where it is not the one that asks: a page's cookie opens the wire as well. */
  readonly realm?: string;
}

/** Whom a transport speaks for when it asks the host. */
export interface Principal extends Grant {
  /** One of those that share the name: what it opens is its own. Absent: all of them together. */
  readonly client?: string;
}

/** A principal as runs and sessions name their owner; no two principals have one text. */
export function ownerOf({ realm, name, client }: Principal): string {
  const own = plainName(realm === undefined ? name : `${realm}:${name}`);
  return client === undefined ? own : `${own}/${plainName(client)}`;
}

/** Whether a thing of `owner` is the principal's own. Nobody's things are nobody's. */
export function owns(principal: Principal, owner: string | undefined): boolean {
  if (owner === undefined) return false;
  const own = ownerOf(principal);
  return owner === own || (principal.client === undefined && owner.startsWith(`${own}/`));
}

/** Whether a thing of `owner` belongs to the principal, whichever of its clients made it. */
export function sharesName({ client: _client, ...principal }: Principal, owner: string | undefined): boolean {
  return owns(principal, owner);
}

/** A slash parts principal and client, and stands in neither. */
function plainName(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("/", "%2F");
}

export interface AccessToken extends Grant {
  readonly token: string;
}

export function roleAllows(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** Checks bearer tokens in a time that does not depend on how much of a guess is right, nor on which token it is. */
export class Access {
  readonly #entries: readonly { readonly digest: Buffer; readonly grant: Grant }[];

  constructor(tokens: readonly AccessToken[]) {
    this.#entries = tokens
      .filter(({ token }) => token !== "")
      .map(({ token, name, role }) => ({ digest: digestOf(token), grant: { name, role } }));
  }

  /** Whether there is any token at all; without one nobody is let in. */
  get empty(): boolean {
    return this.#entries.length === 0;
  }

  verify(token: string): Grant | undefined {
    const given = digestOf(token);
    let found: Grant | undefined;
    for (const { digest, grant } of this.#entries) {
      if (timingSafeEqual(digest, given)) found ??= grant;
    }
    return found;
  }
}

/** The token of an `Authorization: Bearer` header; an empty string for a header of another form. */
export function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? "";
}

/** Whether only this machine can reach an address of the form `host:port`. */
export function isLoopback(address: string): boolean {
  const host = address
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
