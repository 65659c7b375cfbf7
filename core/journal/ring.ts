import type { Entry } from "./entry.ts";

/** How many dropped places an array may carry before it is cut. */
const slack = 1024;
/** Bytes of the newest entries that stay as they came, because readers who keep up want them now. */
const fresh = 1024 * 1024;

/** The newest entries of one run, contiguous by `seq`, bounded by number and bytes. */
export class Ring {
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #first: number;
  #bytes = 0;
  /** The first fresh entry, by its place in the array, and the bytes from there on. */
  #freshHead = 0;
  #freshBytes = 0;

  /** `first`: the `seq` of the first entry that will come. */
  constructor(first: number) {
    this.#first = first;
  }

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
    this.#freshBytes += entry.size;
    while (this.#freshBytes > fresh && this.#freshHead < this.#entries.length - 1) this.#packNext();
  }

  /** Drops the oldest until the bounds hold; the newest entry always stays. */
  trim(maxEvents: number, maxBytes: number): void {
    while (this.length > 1 && (this.length > maxEvents || this.#bytes > maxBytes)) this.#shift();
    if (this.#head > slack && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#freshHead -= this.#head;
      this.#head = 0;
    }
  }

  /** Up to `limit` entries after `seq`, which must not lie before what is held; no more bytes than `bytes` but one. */
  slice(after: number, limit: number, bytes = Number.POSITIVE_INFINITY): Entry[] {
    const start = this.#head + (after + 1 - this.#first);
    let end = start;
    for (let size = 0; end < this.#entries.length && end - start < limit && size < bytes; end += 1) {
      size += this.#entries[end]?.size ?? 0;
    }
    return this.#entries.slice(start, end) as Entry[];
  }

  #packNext(): void {
    const entry = this.#entries[this.#freshHead];
    this.#freshHead += 1;
    if (entry === undefined) return;
    this.#freshBytes -= entry.size;
    this.#bytes -= entry.size;
    entry.pack();
    this.#bytes += entry.size;
  }

  #shift(): void {
    if (this.#freshHead === this.#head) {
      this.#freshBytes -= this.#entries[this.#head]?.size ?? 0;
      this.#freshHead += 1;
    }
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    this.#first += 1;
    this.#bytes -= entry?.size ?? 0;
  }
}
