import type { RunEvent } from "../contract/event.ts";
import type { JournalEntry } from "../contract/transport.ts";
import { charactersIn, eventBytes, eventJson, parseEvent } from "./stamped-event.ts";

/** What an event costs beside the characters in its data: its object, its JSON's envelope, its place in a ring. */
const overhead = 512;

/** A journal's entry with the bytes it is taken to occupy. */
export class Entry implements JournalEntry {
  readonly seq: number;
  /** Missing once the entry is packed. */
  #event: RunEvent | undefined;
  /** Of a packed entry. */
  #bytes: Buffer | undefined;
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
    return this.#event === undefined ? (this.#bytes?.toString() ?? "") : eventJson(this.#event);
  }

  get bytes(): Uint8Array | undefined {
    return this.#event === undefined ? this.#bytes : eventBytes(this.#event);
  }

  /** Keeps the bytes of a large event alone, outside of the heap; who reads it later pays for it. */
  pack(): void {
    if (this.#event === undefined) return;
    const bytes = eventBytes(this.#event);
    if (bytes === undefined) return;
    this.#bytes = bytes;
    this.#event = undefined;
    this.#size = overhead + bytes.length;
  }
}
