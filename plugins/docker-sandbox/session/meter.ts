import type { EventData } from "../../../core/contract/index.ts";

/** Results of one execution that become events. */
const MOST_RESULTS = 10_000;
/** What a result or a question costs beside its bytes: an event, its place in the journal, a row of the store. */
const OVERHEAD = 512;
/** Files of one execution that are told; the supervisor tells no more. */
const MOST_FILES = 10_000;

/**
 * Counts what a program makes the host do, frame by frame. The supervisor holds to the same bounds; this holds where
 * somebody got around it. What is over is dropped, and `exec-end` says so.
 */
export class Meter {
  #left: number;
  #results = 0;
  #files = 0;
  #dropped = 0;
  #truncated = false;

  /** @param output bytes that the execution may say */
  constructor(output: number) {
    this.#left = output;
  }

  /** Whether a result of so many bytes is taken. */
  result(bytes: number): boolean {
    this.#results += 1;
    return (this.#results <= MOST_RESULTS && this.#charge(bytes)) || this.drop(bytes);
  }

  /** Whether a question of so many bytes is asked. */
  question(bytes: number): boolean {
    return this.#charge(bytes) || this.drop(bytes);
  }

  file(): boolean {
    this.#files += 1;
    return this.#files <= MOST_FILES || this.drop(0);
  }

  /** Something was not taken, for whatever reason. */
  drop(bytes: number): false {
    this.#truncated = true;
    this.#dropped += bytes;
    return false;
  }

  /** How it ended, with what was dropped here. */
  told(end: EventData["exec-end"]): EventData["exec-end"] {
    if (!this.#truncated) return end;
    return { ...end, truncated: true, droppedBytes: (end.droppedBytes ?? 0) + this.#dropped };
  }

  #charge(bytes: number): boolean {
    const cost = bytes + OVERHEAD;
    if (cost > this.#left) return false;
    this.#left -= cost;
    return true;
  }
}
