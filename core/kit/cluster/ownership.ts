/**
 * Who may write a run that hosts share: the rules alone, without a clock and without a network. The stream takes a message
 * only where it follows the one that is last there. All else is decided here, from what was last read of the stream.
 */

/** The last message of a run's journal, as the servers have it. */
export interface RunHead {
  /** Its number at the servers. */
  readonly message: number;
  /** The last event in it. */
  readonly last: number;
  readonly host: string;
  /** The store that wrote it: two stores of one host are two. */
  readonly writer: string;
  /** The run's end is in it. */
  readonly end: boolean;
  /** Hosts that have executed the run so far, the one that wrote it included. */
  readonly attempt: number;
}

/** Where a writer stands in a run. */
export interface WriterStand {
  /** The last event that it knows to be kept, and the message it is in; 0 before the first. */
  readonly last: number;
  readonly message: number;
}

/** Whether yet another host may execute a run that some have executed. */
export function mayRepeat(attempt: number, attempts: number): boolean {
  return attempt < attempts;
}

/**
 * What a host does that takes a run from the queue. `attempts`: hosts that may execute it. Whether another host lives
 * may be judged wrongly: what is written by then is refused.
 */
export function takeover(
  head: Pick<RunHead, "host" | "end" | "attempt"> | undefined,
  attempts: number,
  isAlive: (host: string) => boolean,
): "begin" | "wait" | "over" {
  if (head === undefined) return "begin";
  if (head.end) return "over";
  // Somebody has it: it ends, or its host is found dead, and then its end is written or it is repeated.
  return isAlive(head.host) || !mayRepeat(head.attempt, attempts) ? "wait" : "begin";
}

/** What a writer learns of itself that does not know whether its last message was taken. */
export function settle(
  stand: WriterStand,
  head: RunHead | undefined,
  writer: string,
): WriterStand | "taken" | "deleted" {
  if (head === undefined) return stand.message === 0 ? stand : "deleted";
  if (head.message !== stand.message && head.writer !== writer) return "taken";
  return { last: Math.max(head.last, stand.last), message: head.message };
}

/** Where somebody stands who writes on after another host's last event, of which `after` was read. */
export function writeOn(head: RunHead | undefined, after: number): WriterStand | "taken" | "deleted" {
  if (head === undefined) return "deleted";
  return head.end || head.last !== after ? "taken" : { last: head.last, message: head.message };
}
