import type { ErrorBody } from "./errors.ts";

/** What a host tells of itself with every word, which has to be little. */
export interface HostAbout {
  readonly version: string;
  /** Where people and clients reach it; none where it serves nobody. */
  readonly addresses: readonly string[];
  /** `degraded`: an instance of it is not well. `draining`: it takes nothing new. */
  readonly state: "ok" | "degraded" | "draining";
  /** Why it is not `ok`. */
  readonly reason?: string;
  /** Runs under way there, those that did not come from the queue included. */
  readonly active: number;
}

/** A run under way, as the host that has it tells of it. */
export interface HostRun {
  readonly run: string;
  readonly flow: string;
  readonly session: string;
  readonly owner?: string;
  /** Milliseconds since it began, by the clock of that host. */
  readonly age: number;
}

/** How busy a host is just now. */
export interface HostUse {
  /** Bytes. */
  readonly memory: number;
  /** Longest that its event loop was held since it was last asked, in milliseconds. */
  readonly lag: number;
  /** Programs' sandboxes that are open. */
  readonly sandboxes: number;
  readonly runs: readonly HostRun[];
  /** Runs beyond those that are named. */
  readonly more: number;
}

/** One host of a cluster, or the only one. */
export interface HostMember extends HostAbout {
  readonly host: string;
  readonly name: string;
  /** This one. */
  readonly own: boolean;
  /** Runs that it takes from the queue at once, and has of it; absent where no queue is shared. */
  readonly capacity?: number;
  readonly running?: number;
  /** The instance that the capacity follows from; absent where a number was given. */
  readonly bound?: string;
  /** Milliseconds since its last word. */
  readonly seen: number;
  /** Absent where it did not answer in time. */
  readonly use?: HostUse;
}

/** All hosts that share a queue. */
export interface ClusterOverview {
  readonly hosts: readonly HostMember[];
  /** Runs that wait for a host; absent where no queue is shared, and where it cannot be asked now. */
  readonly waiting?: number;
  /** Why the others cannot be asked now: what stands here of them is old. */
  readonly cutOff?: string;
}

/** One host where a change was made or refused. */
export interface HostChange {
  readonly host: string;
  readonly name: string;
  /** Absent where it was made. */
  readonly error?: ErrorBody;
}
