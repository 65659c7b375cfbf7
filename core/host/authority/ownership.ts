import type { Principal } from "../../contract/access.ts";

/** A principal as runs and sessions name their owner; no two principals have one text. */
export function ownerOf({ realm, name, client }: Principal): string {
  const own = plainName(realm === undefined ? name : `${realm}:${name}`);
  return client === undefined ? own : `${own}/${plainName(client)}`;
}

/** Whether a thing of `owner` is the principal's own. Without an owner it belongs to no principal. */
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
