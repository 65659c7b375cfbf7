import type { HostAbout } from "./cluster.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** A run that waits for a host. `request` is how it is opened, as JSON. */
export interface QueuedRun {
  readonly run: string;
  readonly flow: string;
  /** The principal whose run it is; clients take turns. */
  readonly client: string;
  readonly priority: QueuePriority;
  readonly request: unknown;
  /** Hosts that may execute it, one after the other; absent where only one may. */
  readonly attempts?: number;
}

/** Where another host has left a run that is executed again. */
export interface LeftRun {
  /** The last event it wrote. 0: nobody has begun. */
  readonly after: number;
  /** Hosts that have executed it so far, this one included. */
  readonly attempt: number;
}

/** Runs of a higher one go first. */
export type QueuePriority = "high" | "normal" | "low";

/** How far a run has come, by what the store has of it. */
export type RunStanding = "new" | "live" | "ended";

/** Runs that a host bears at once, by what its profile says of sandboxes and models. */
export interface HostRoom {
  readonly runs: number;
  /** The instance that bears no more. */
  readonly bound: string;
}

/** The host as its queue sees it. */
export interface QueueHost {
  /**
   * Runs it here. Resolves when it is over here: it has ended, or the store has given it to another host.
   */
  execute(item: QueuedRun, left: LeftRun): Promise<void>;
  /** Another host has the session now, because this one was silent for too long: it is over here. */
  sessionTaken(session: string, holder: string): void;
  /** Runs that it bears at once; undefined where nothing in its profile bounds them. */
  room(): HostRoom | undefined;
  /** What it tells of itself, for whoever asks which hosts there are. */
  about(): HostAbout;
  /** What another host asks of this one, or of a run that is here. Rejects with a `SluiceError`. */
  answer(question: QueueQuestion): Promise<unknown>;
}

/** What is asked of the host that has a run, or of one by its id. */
export interface QueueQuestion {
  readonly run?: string;
  /** Asked of that host, whatever it has. */
  readonly host?: string;
  readonly method: string;
  readonly params: unknown;
}

/** One host of a cluster, as it told of itself last. */
export interface ClusterHost {
  readonly host: string;
  /** Its name for people, such as that of its machine. */
  readonly name: string;
  /** Runs that it takes from the queue at once, and those that it has. */
  readonly capacity: number;
  readonly running: number;
  /** The instance that the capacity follows from; absent where a number was given. */
  readonly bound?: string;
  /** It takes nothing new. */
  readonly draining: boolean;
  /** Milliseconds since its last word. */
  readonly seen: number;
  readonly about: HostAbout;
  /** This one. */
  readonly own: boolean;
}

/** Which host has a session. */
export interface SessionClaims {
  /** The host that has it; it is this one from now on where none has it. */
  claim(session: string): Promise<string>;
  /** The host that has it; undefined where none has it. */
  holder(session: string): Promise<string | undefined>;
  /** The session is over here. */
  release(session: string): void;
  /** It goes on at whichever host begins it next, with what is left of it here: any JSON. */
  leave(session: string, left: unknown): Promise<void>;
  /** What another host has left of one that is claimed here; undefined where nothing is. */
  left(session: string): Promise<unknown>;
  /** What was left has been taken. */
  forget(session: string): Promise<void>;
}

/** Values that all hosts share; one host at a time changes one. */
export interface SharedValues {
  /**
   * Changes a value by what it was: any JSON, undefined where nothing is kept. `change` may be called several times; where
   * it gives undefined all stays as it is. `now`: milliseconds by the servers' clock, to a second or two, whatever clocks
   * of hosts say. What was changed is changed once, even where an answer is lost.
   * `patient`: it is tried for as long as the host is up, and not for 10 s.
   * @throws SluiceError SLUICE_HOST_CUT_OFF
   */
  change(
    key: string,
    change: (before: unknown, now: number) => unknown,
    options?: { readonly patient?: boolean },
  ): Promise<void>;
}

/**
 * A service through which runs go to whichever host has room. It provides the token `sluicebox/queue`, and injects
 * `QueueHostToken`.
 *
 * - A run is executed by one host. Who begins it is decided by the store: the first event of a run is taken once.
 * - What a host leaves when it dies ends as `lost`. It is executed again only where its flow was said to bear that.
 */
export interface RunQueue extends Lifecycle {
  /** Resolves when the run is sure to be found by some host. @throws SluiceError SLUICE_OVERLOADED, SLUICE_HOST_CUT_OFF */
  submit(item: QueuedRun): Promise<void>;
  /** A run that waits for a host, or that a host has; undefined where it is over, or was never given. */
  find(run: string): Promise<QueuedRun | undefined>;
  /** Whether the run is executed again after its host died. */
  repeats(run: string): Promise<boolean>;
  /**
   * Asks the host that has it. `limit`: milliseconds for the answer.
   * @throws SluiceError of that host; SLUICE_RUN_NOT_FOUND where no host answers for the run; SLUICE_HOST_UNAVAILABLE where the
   * host does not answer; SLUICE_HOST_CUT_OFF where this one cannot ask
   */
  ask(question: QueueQuestion, limit?: number): Promise<unknown>;
  /** Answers for a run that is here, by `QueueHost.answer`, until the returned function is called. */
  serve(run: string): () => void;
  readonly sessions: SessionClaims;
  readonly values: SharedValues;
  readonly hosts: readonly ClusterHost[];
  /** Runs that wait for a host. */
  waiting(): Promise<number>;
}
