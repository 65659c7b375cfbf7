import type { JournalEntry } from "../../contract/host.ts";

/** Where an entry keeps its frame. A journal's entry that has none is sent as its `json`. */
export const framed = Symbol.for("sluicebox/frame");

/**
 * A large event within its frame of the wire (`sluice.v1`), as UTF-8 that nobody changes: kept once, however many
 * followers there are. Undefined for a small one, and for entries of other journals.
 */
export function frameOf(entry: JournalEntry): Uint8Array | undefined {
  return (entry as { readonly [framed]?: Uint8Array })[framed];
}
