import type { AccessToken } from "../../core/index.ts";

/** The options as received: units coerced, defaults filled in. All times are milliseconds. */
export interface WebsocketConfig {
  readonly listen: string;
  readonly path: string;
  readonly token?: string;
  readonly tokens: readonly AccessToken[];
  readonly origins: readonly string[];
  readonly heartbeat: number;
  readonly helloTimeout: number;
  readonly detach: number;
  readonly stall: number;
  readonly ticket: number;
  readonly drain: number;
  readonly limits: WebsocketLimits;
}

export interface WebsocketLimits {
  readonly runs: number;
  readonly frames: number;
  readonly sessions: number;
  readonly connections: number;
  readonly sockets: number;
}

/** Figures of the protocol itself, which no profile changes. */
export const protocol = {
  name: "sluice.v1",
  /** Bytes of one frame, both ways. */
  frame: 1024 * 1024,
  /** Events that may be under way to one follower. */
  credit: 256,
  /** Bytes for each event of credit, so that 256 of them are 256 KiB. */
  bytesPerCredit: 1024,
  /** Bytes that wait on a socket before its followers pause. */
  buffered: 1024 * 1024,
  violations: 5,
  /** Levels of JSON. */
  depth: 64,
  /** Of the event grammar. */
  schema: 1,
} as const;

export const closeCode = {
  goingAway: 1001,
  violations: 4400,
  auth: 4401,
  helloMissing: 4408,
  overloaded: 4429,
  stalled: 4508,
} as const;
