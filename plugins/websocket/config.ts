import type { WebsocketConfig } from "./config.generated.ts";

export type { WebsocketConfig } from "./config.generated.ts";
export type WebsocketLimits = WebsocketConfig["limits"];

/** Figures of the protocol itself, which no profile changes. */
export const protocol = {
  name: "sluice.v1",
  /** Bytes of one frame, both ways. */
  frame: 1024 * 1024,
  /** Events that may be under way to one follower beyond what was acknowledged. */
  window: 256,
  /** Bytes of them; or one event, if it is larger. */
  windowBytes: 256 * 1024,
  /** How often a client has to acknowledge by itself: whichever comes first. */
  ackEvents: 64,
  ackBytes: 64 * 1024,
  /** Milliseconds that a client has to answer an `ack-request`. */
  patience: 1000,
  /** Bytes that wait on a socket before its followers pause. */
  buffered: 1024 * 1024,
  violations: 5,
  /** Levels of JSON. */
  depth: 64,
  /** Version of the event grammar. */
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
