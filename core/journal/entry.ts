import type { RunEvent } from "../contract/event.ts";
import type { JournalEntry } from "../contract/transport.ts";
import { Slab } from "./slab.ts";
import { eventJson, parseEvent } from "./stamped-event.ts";

/** What an event costs beside the characters in its data: its object, its JSON's envelope, its place in a ring. */
const overhead = 512;
/** Characters from where an event is kept as bytes: a long text outlives many collections of garbage, and costs each. */
const large = 4096;
const slab = new Slab();

/** A journal's entry with the bytes it is taken to occupy. */
export class Entry implements JournalEntry {
  readonly seq: number;
  /** Missing once the entry is packed. */
  #event: RunEvent | undefined;
  #bytes: Buffer | undefined;
  readonly #large: boolean;
  #size: number;

  constructor(event: RunEvent) {
    this.seq = event.seq;
    this.#event = event;
    const characters = charactersIn(event.data);
    this.#large = characters >= large;
    // The data and its JSON, one byte a character in each: what V8 takes for Latin text.
    this.#size = overhead + 2 * characters;
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
    if (!this.#large) return undefined;
    this.#bytes ??= slab.write(this.json);
    return this.#bytes;
  }

  /** Keeps the bytes of a large event alone, outside of the heap; who reads it later pays for it. */
  pack(): void {
    const { bytes } = this;
    if (bytes === undefined) return;
    this.#event = undefined;
    this.#size = overhead + bytes.length;
  }
}

function charactersIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  let total = 0;
  for (const key in value) total += key.length + charactersIn((value as Record<string, unknown>)[key]);
  return total;
}
