import type { Entry } from "./entry.ts";

/** How many dropped places an array may carry before it is cut. */
const slack = 1024;

/** The newest entries of one run, contiguous by `seq`, bounded by number and bytes. */
export class Ring {
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #first = 1;
  #bytes = 0;

  /** The `seq` of the oldest entry held; one past the newest when it holds none. */
  get first(): number {
    return this.#first;
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** Bytes that the entries are taken to occupy. */
  get bytes(): number {
    return this.#bytes;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.size;
  }

  /** Drops the oldest until the bounds hold; the newest entry always stays. */
  trim(maxEvents: number, maxBytes: number): void {
    while (this.length > 1 && (this.length > maxEvents || this.#bytes > maxBytes)) this.#shift();
    if (this.#head > slack && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Up to `limit` entries after `seq`, which must not lie before what is held. */
  slice(after: number, limit: number): Entry[] {
    const start = this.#head + (after + 1 - this.#first);
    return this.#entries.slice(start, start + limit) as Entry[];
  }

  #shift(): void {
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    this.#first += 1;
    this.#bytes -= entry?.size ?? 0;
  }
}
