/** What a client calls itself gives it no turn, budget or session of its own: those of one principal share theirs. */
export function principalOf(owner: string | undefined): string | undefined {
  return owner?.split("/", 1)[0];
}

/** The transport that knows the principal by that name. Without keys it knows as many as there are connections. */
export function realmOf(principal: string): string {
  const end = principal.indexOf(":");
  return end === -1 ? "" : principal.slice(0, end);
}
