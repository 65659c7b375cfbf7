import type { HostEvent, RunEvent } from "./event.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** One thing a sink may be given; run events have `seq`, host events have not. */
export type SinkEntry = RunEvent | HostEvent;

/**
 * A reader that keeps or shows what happens. Batches come in order; the next one waits for the promise of the one
 * before. A sink that is slow loses nothing up to its queue's bound (10,000 entries); past that the oldest are dropped,
 * counted, and said in a `log` event.
 *
 * **Nothing is written before `start` has resolved**, nor while the instance is started again. What happens until then
 * waits in the same queue, within the same bound: a sink is told how it and the others started.
 */
export interface Sink extends Lifecycle {
  /**
   * Up to 500 entries in the order in which they happened. What `select` of the instance leaves out is not among them. A
   * batch whose rejection is `retryable` is given again, four times in all unless the profile's `deliver` says otherwise;
   * one that stays refused goes where `deadLetter` says, or is dropped and counted.
   */
  write(batch: readonly SinkEntry[]): void | Promise<void>;
  /** After it resolves everything written so far has left the process. */
  flush(): void | Promise<void>;
}
