import type { HostOwner } from "../contract/store.ts";
import type { Clock } from "../contract/tokens.ts";
import type { Journals } from "../journal/journal.ts";
import type { ClusterSessions } from "../run/cluster-sessions.ts";
import { isOwnerAlive } from "./owner.ts";

/** Milliseconds between looks for sessions that have been idle too long, and for hosts of a cluster that are gone. */
const pauses = { alone: 10_000, shared: 1_000 };

export interface UpkeepParts {
  readonly journals: Journals;
  readonly sessions: ClusterSessions;
  readonly owner: HostOwner;
  readonly clock: Clock;
}

/** Ends what hosts that are gone have left. */
export async function recoverRuns({ journals, owner }: UpkeepParts): Promise<void> {
  await journals.recover((other) => other.host === owner.host || isOwnerAlive(other));
}

/** What a host does while it is up, until `signal` aborts. Hosts that share a store look after each other. */
export async function keepUp(parts: UpkeepParts, signal: AbortSignal): Promise<void> {
  const { journals, sessions, clock } = parts;
  while (!signal.aborted) {
    if (journals.shared) await recoverRuns(parts);
    await clock.sleep(journals.shared ? pauses.shared : pauses.alone, signal).catch(() => undefined);
    if (!signal.aborted) sessions.sweep();
  }
}
