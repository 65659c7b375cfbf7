import type { RunEvent } from "../contract/event.ts";
import type { JournalEntry } from "../contract/host.ts";
import { framed } from "../kit/events/frame-of.ts";
import { charactersOf, eventFrame, eventJson, packedEvent } from "../kit/events/stamped-event.ts";

/** What an event costs beside the characters in its data: its object, its JSON's envelope, its place in a ring. */
const overhead = 512;

/** A journal's entry with the bytes it is taken to occupy. */
export class Entry implements JournalEntry {
  readonly seq: number;
  #event: RunEvent;
  #size: number;

  constructor(event: RunEvent) {
    this.seq = event.seq;
    this.#event = event;
    // The data and its JSON, one byte a character in each: what V8 takes for Latin text.
    this.#size = overhead + 2 * charactersOf(event);
  }

  get size(): number {
    return this.#size;
  }

  get event(): RunEvent {
    return this.#event;
  }

  get json(): string {
    return eventJson(this.#event);
  }

  get [framed](): Uint8Array | undefined {
    return eventFrame(this.#event);
  }

  /** Keeps the bytes of a large event alone, outside of the heap; who reads its data later pays for it. */
  pack(): void {
    const packed = packedEvent(this.#event);
    if (packed === undefined) return;
    this.#event = packed;
    this.#size = overhead + (this[framed]?.length ?? 0);
  }
}
