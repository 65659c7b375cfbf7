import { SluiceError } from "../contract/errors.ts";
import { principalOf } from "./principal.ts";

/** Places that one principal may have, and what they are for. */
export interface Places {
  readonly most: number;
  /** Says that so many are taken. */
  readonly taken: (count: number) => string;
  /** Milliseconds. */
  readonly retryAfter: number;
}

/** What takes a place; what was refused takes none while it ends. */
interface Holder {
  readonly owner: string | undefined;
  readonly refusal?: unknown;
}

/**
 * One place more for `owner`, beside those that `holders` have. A quarter as many are kept for others: whoever takes all
 * that one principal may have keeps nobody else from beginning.
 * @throws SluiceError SLUICE_OVERLOADED
 */
export function demandPlace(
  holders: Iterable<Holder>,
  owner: string | undefined,
  { most, taken, retryAfter }: Places,
): void {
  const principal = principalOf(owner);
  const inAll = most + Math.ceil(most / 4);
  let [all, own] = [0, 0];
  for (const each of holders) {
    if (each.refusal !== undefined) continue;
    all += 1;
    if (principalOf(each.owner) === principal) own += 1;
  }
  if (own < most && all < inAll) return;
  throw new SluiceError("SLUICE_OVERLOADED", taken(own >= most ? most : inAll), { retryAfter });
}
