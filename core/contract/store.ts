import type { RunEvent, RunStatus, Usage } from "./event.ts";
import type { Lifecycle } from "./lifecycle.ts";

/**
 * Where journals survive the process.
 *
 * `append` resolves when the batch would survive the death of this process. Events of one run arrive in `seq` order;
 * the same `(run, seq)` twice is refused. Nothing reaches any reader before its `append` has resolved.
 *
 * When `append` rejects, the host gives the batch again. Nothing of it was kept, or the store takes what it kept of it
 * once more and says nothing: a network may lose the answer, and never the event.
 *
 * **A store of this machine** fails while runs go on. The host goes on from memory, says so, and gives the batch again:
 * after a while, at the end of a run, and when it stops. What memory no longer has is a hole that readers are told of. At
 * the very end a store that is full is given ends of runs alone. `SLUICE_STORE_REPLACED` says that all it had is gone.
 *
 * **A store that is `shared`** is written by hosts of several machines. Each run has one writer. When another host has
 * ended it, or taken it over, the first is refused with `SLUICE_RUN_TAKEN`: its part is over. While such a store cannot
 * be reached, events wait within bounds and nobody is shown them: another host may end the run meanwhile. A batch is given
 * again only when `append` has rejected: it must not stay open for ever. New runs are refused while the store says
 * `outOfReach`, and once no batch was taken for 2 s.
 */
export interface Store extends Lifecycle {
  /** Hosts of other machines write it as well. */
  readonly shared?: boolean;
  /**
   * Of a shared store: it has not heard its servers for so long that what is new would wait in vain. Shorter silences, such
   * as those in which it finds another server, are not told: runs that are given then wait, and nobody is refused.
   */
  readonly outOfReach?: boolean;
  append(batch: readonly RunEvent[]): Promise<void> | void;
  /** Up to `limit` events with `seq > after`, in order. */
  read(run: string, after: number, limit: number): Promise<readonly RunEvent[]> | readonly RunEvent[];
  runs(query: RunQuery): Promise<readonly RunRecord[]> | readonly RunRecord[];
  /** Runs without a `run-end`, with the host that wrote them. Those of owners that `skip` accepts may be left out. */
  unfinished(skip?: (owner: HostOwner) => boolean): Promise<readonly UnfinishedRun[]> | readonly UnfinishedRun[];
  /**
   * Whether that host still lives. A shared store goes by what was heard of it, and never by a clock of another machine. One
   * of this machine may say undefined: then the process is looked for.
   */
  isAlive?(owner: HostOwner): boolean | undefined;
  /** Keeps a run from retention while somebody reads it, or goes on from it. Returns how to let it go; never throws. */
  hold?(run: string): () => void;
  /**
   * Calls back when another process may have written more of a run: soon, and within seconds where a word was lost. The host
   * reads a run that it watches only then, and else once a minute. Returns how to stop that.
   */
  watch?(run: string, wake: () => void): () => void;
  /** Tries whether it could be written now, and says in a few words what is there. Rejects with what stands against it. */
  probe?(signal: AbortSignal): Promise<string>;
}

/** Which runs are listed. */
export interface RunQuery {
  readonly run?: string;
  readonly session?: string;
  /** Runs of one owner: those of a principal and of its clients, or of one of its clients. */
  readonly owner?: string;
  readonly status?: RunStatus | "running";
  /**
   * Words that must all be in its input, what it said and printed, its error, its models or its names; "two words" are one.
   * A whole id of a run or session counts as well, or the first eight characters or more of one.
   */
  readonly search?: string;
  readonly flow?: string;
  /** The id of an instance that answered in it, or its provider's name of the model. */
  readonly model?: string;
  /** Begun at this time or later, and before that one: ISO 8601 in UTC. */
  readonly since?: string;
  readonly until?: string;
  /** US dollars at least; a run whose cost is unknown is left out. */
  readonly minCost?: number;
  /** Newest first; default 50. */
  readonly limit?: number;
}

/** One run, as a list of runs shows it. */
export interface RunRecord {
  readonly run: string;
  readonly flow: string;
  readonly session: string;
  /** As in `run-start`; what has none belongs to nobody. */
  readonly owner?: string;
  readonly input: string;
  readonly status: RunStatus | "running";
  readonly started: string;
  readonly ended?: string;
  readonly exitCode?: number | null;
  readonly usage?: Usage;
  /** US dollars; null where it is unknown. For runs that have ended. */
  readonly cost?: number | null;
  /** Why it failed, such as the error of its program. */
  readonly reason?: string;
  readonly lastSeq: number;
  /** Of a store that hosts share: the host that has it, or had it last. */
  readonly host?: string;
}

/** A run without an end, of a host that may be gone. */
export interface UnfinishedRun {
  readonly run: string;
  readonly lastSeq: number;
  readonly owner: HostOwner;
}

/** Names one host process so that another can tell whether it still lives. */
export interface HostOwner {
  readonly host: string;
  readonly pid: number;
  /** Start time of the process in clock ticks since boot and the boot's id: a pid alone may be somebody else's. */
  readonly started: string;
}
