import { protocol } from "./config.ts";

/** What may be under way to one follower beyond the last event that its client has acknowledged. */
export class AckWindow {
  /** Events under way, oldest first, from `#first` on. */
  #under: { readonly seq: number; readonly size: number }[] = [];
  #first = 0;
  #bytes = 0;
  #acked: number;
  #sent: number;

  constructor(after: number) {
    this.#acked = after;
    this.#sent = after;
  }

  /** The last event that was sent. */
  get sent(): number {
    return this.#sent;
  }

  /**
   * Whether an event may go. One event may always be under way, however large it is. `bytes: false` counts events alone,
   * for a client that does not hear when it is asked.
   */
  allows(size: number, bytes: boolean): boolean {
    const count = this.#under.length - this.#first;
    if (count === 0) return true;
    return count < protocol.window && (!bytes || this.#bytes + size <= protocol.windowBytes);
  }

  take(seq: number, size: number): void {
    this.#under.push({ seq, size });
    this.#bytes += size;
    this.#sent = seq;
  }

  /** Events that the journal has no more take no place. */
  skip(to: number): void {
    this.#sent = to;
  }

  /** Everything up to `seq` has arrived. Returns whether that is news. */
  ack(seq: number): boolean {
    if (seq <= this.#acked) return false;
    this.#acked = Math.min(seq, this.#sent);
    for (let oldest = this.#under[this.#first]; oldest !== undefined && oldest.seq <= seq; ) {
      this.#bytes -= oldest.size;
      this.#first += 1;
      oldest = this.#under[this.#first];
    }
    if (this.#first >= 1024 || this.#first === this.#under.length) {
      this.#under = this.#under.slice(this.#first);
      this.#first = 0;
    }
    return true;
  }
}
