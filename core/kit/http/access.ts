import { createHash, timingSafeEqual } from "node:crypto";
import type { AccessToken, Grant, Role } from "../../contract/access.ts";

const roles: readonly Role[] = ["read", "run", "operate", "configure"];

/** Whether a role includes another. */
export function roleAllows(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** Checks bearer tokens. The time depends neither on how much of a guess is right, nor on which token it is. */
export class Access {
  readonly #tokens: () => readonly AccessToken[];

  /** Tokens that may be replaced are given as a function, and asked for at each check. */
  constructor(tokens: readonly AccessToken[] | (() => readonly AccessToken[])) {
    this.#tokens = typeof tokens === "function" ? tokens : () => tokens;
  }

  /** Whether there is any token at all; without one nobody is let in. */
  get empty(): boolean {
    return this.#tokens().every(({ token }) => token === "");
  }

  verify(token: string): Grant | undefined {
    const given = digestOf(token);
    let found: Grant | undefined;
    for (const { token: known, name, role } of this.#tokens()) {
      if (known !== "" && timingSafeEqual(digestOf(known), given)) found ??= { name, role };
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
