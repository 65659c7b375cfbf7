/** What a client calls itself gives it no turn, budget or session of its own: those of one principal share theirs. */
export function principalOf(owner: string | undefined): string | undefined {
  return owner?.split("/", 1)[0];
}
