import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { canonical, isPublic } from "../reach/addresses.ts";

/** A server leads to an address that it could not reach by itself, and this machine could. */
function privateAddress(name: string): TypeError {
  return new TypeError(`the server redirects to ${name}, a private address: it is not followed`);
}

/**
 * Looks at where a redirect leads. The server itself may be anywhere, because the profile names it. Where it leads to is
 * named by the server alone.
 * @throws TypeError for another host of this machine or of its networks
 */
export function demandPublic({ hostname }: URL): void {
  const address = canonical(hostname);
  const isHere = /(^|\.)localhost\.?$/i.test(hostname) || (isIP(address) !== 0 && !isPublic(address));
  if (isHere) throw privateAddress(hostname);
}

/** Resolves a name for the connection that is made to it, so that nobody can answer otherwise in between. */
export const lookupPublic: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, "", 0);
    const found = addresses.filter(({ address }) => isPublic(canonical(address)));
    const [first] = found;
    if (first === undefined) return done(privateAddress(hostname), "", 0);
    if (options.all === true) return done(null, found);
    return done(null, first.address, first.family);
  });
};
