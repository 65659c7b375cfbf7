import { SluiceError } from "../../core/contract/index.ts";
import { plural } from "../../core/kit/index.ts";
import type { Outbox } from "./outbox.ts";

/** Bytes that a client may send beyond what is taken; the same number stands in the client. */
const WINDOW = 256 * 1024;

interface Piece {
  readonly run: string;
  readonly offset: number;
  readonly base64: string;
  readonly end?: boolean;
}

/** The standard input of one run, as its client sends it. It outlives connections, and is read by the run alone. */
export class StdinFeed implements AsyncIterable<Uint8Array> {
  #pieces: Buffer[] = [];
  #received = 0;
  #taken = 0;
  #ended = false;
  #closed = false;
  #wake: (() => void) | undefined;
  /** Where the client is told how much is taken: whence the latest piece came. */
  #outbox: Outbox | undefined;
  #run = "";

  /** Takes a piece, or the part of it that is new. @throws SluiceError SLUICE_WIRE_PROTOCOL */
  push({ run, offset, base64, end = false }: Piece, outbox: Outbox): void {
    this.#run = run;
    this.#outbox = outbox;
    if (this.#closed) return;
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw broken("a piece of standard input is not base64");
    const bytes = Buffer.from(base64, "base64");
    if (offset > this.#received) {
      throw broken(`standard input has ${plural(this.#received, "byte")}, and the piece begins at ${offset}`);
    }
    const fresh = bytes.subarray(this.#received - offset);
    if (fresh.length > 0 && this.#ended) throw broken("standard input has ended, and more of it came");
    if (this.#received + fresh.length - this.#taken > WINDOW) {
      throw broken(`more than ${WINDOW} bytes of standard input came beyond the ${this.#taken} that are taken`);
    }
    if (fresh.length > 0) this.#pieces.push(fresh);
    this.#received += fresh.length;
    if (end && offset + bytes.length >= this.#received) this.#ended = true;
    // Something came again, so the client may have missed what was told before.
    if (fresh.length < bytes.length) this.#tell();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece !== undefined) {
          yield piece;
          // The next one is asked for, so this one has gone on to the program.
          this.#taken += piece.length;
          this.#tell();
        } else if (this.#ended || this.#closed) return;
        else await this.#more();
      }
    } finally {
      this.close();
    }
  }

  /** Nobody reads any more; what still comes is passed over. */
  close(): void {
    this.#closed = true;
    this.#pieces = [];
    this.#wake?.();
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
  }

  #tell(): void {
    this.#outbox?.send({ t: "stdin", run: this.#run, taken: this.#taken });
  }
}

function broken(message: string): SluiceError {
  return new SluiceError("SLUICE_WIRE_PROTOCOL", message, { cure: "Send standard input in order, within its window." });
}
