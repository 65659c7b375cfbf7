import { SluiceError } from "../../core/contract/index.ts";
import type { Peer } from "./peer.ts";

/** Lets a client begin a session unless it has all it may have. Whose a session is, the host knows. @throws SluiceError SLUICE_OVERLOADED */
export function admitSession({ host }: Peer, session: string, limit: number): void {
  const live = host.sessions.list();
  const own = live.filter(({ owner }) => host.owns("session", owner));
  if (own.length < limit || live.some((each) => each.session === session)) return;
  throw new SluiceError("SLUICE_OVERLOADED", `a client may have ${limit} sessions at once`, { retryAfter: 5000 });
}
