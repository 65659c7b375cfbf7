import { protocol } from "./config.ts";

/** Flow control of one follower: how many events, and how many bytes, may be under way. */
export class CreditWindow {
  #window: number = protocol.credit;
  /** Sizes of the events under way, oldest first, from `#first` on. */
  #sizes: number[] = [];
  #first = 0;
  #bytes = 0;

  /**
   * Whether the next event may go. It may pass the bound on bytes by its own size: a client that grants credit in lumps
   * would otherwise never make room for an event that is larger than what is left.
   */
  get room(): boolean {
    return this.#sizes.length - this.#first < this.#window && this.#bytes < this.#window * protocol.bytesPerCredit;
  }

  take(size: number): void {
    this.#sizes.push(size);
    this.#bytes += size;
  }

  /** Credit for what is under way frees its place; credit beyond that widens the window. */
  grant(count: number): void {
    const under = this.#sizes.length - this.#first;
    const freed = Math.min(count, under);
    for (let index = 0; index < freed; index += 1) this.#bytes -= this.#sizes[this.#first + index] ?? 0;
    this.#first += freed;
    this.#window = Math.min(this.#window + count - freed, 65_536);
    if (this.#first < 1024) return;
    this.#sizes = this.#sizes.slice(this.#first);
    this.#first = 0;
  }
}
