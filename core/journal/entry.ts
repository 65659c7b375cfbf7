import type { RunEvent } from "../contract/event.ts";
import type { JournalEntry } from "../contract/host.ts";
import { framed } from "../kit/events/frame-of.ts";
import { charactersIn, eventFrame, eventJson, parseEvent, unframed } from "../kit/events/stamped-event.ts";

/** What an event costs beside the characters in its data: its object, its JSON's envelope, its place in a ring. */
const overhead = 512;

/** A journal's entry with the bytes it is taken to occupy. */
export class Entry implements JournalEntry {
  readonly seq: number;
  /** Missing once the entry is packed. */
  #event: RunEvent | undefined;
  /** Of a packed entry. */
  #frame: Buffer | undefined;
  #size: number;

  constructor(event: RunEvent) {
    this.seq = event.seq;
    this.#event = event;
    // The data and its JSON, one byte a character in each: what V8 takes for Latin text.
    this.#size = overhead + 2 * charactersIn(event.data);
  }

  get size(): number {
    return this.#size;
  }

  get event(): RunEvent {
    return this.#event ?? parseEvent(this.json);
  }

  get json(): string {
    if (this.#event !== undefined) return eventJson(this.#event);
    return this.#frame === undefined ? "" : unframed(this.#frame).toString();
  }

  get [framed](): Uint8Array | undefined {
    return this.#event === undefined ? this.#frame : eventFrame(this.#event);
  }

  /** Keeps the bytes of a large event alone, outside of the heap; who reads it later pays for it. */
  pack(): void {
    if (this.#event === undefined) return;
    const frame = eventFrame(this.#event);
    if (frame === undefined) return;
    this.#frame = frame;
    this.#event = undefined;
    this.#size = overhead + frame.length;
  }
}
