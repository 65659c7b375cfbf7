/** The engine's framing of an attached container without a terminal: stream, three zeros, length, payload. */
const HEADER = 8;

/**
 * Cuts the engine's frames out of a byte stream. Hands on each payload as it comes, in pieces, uncopied. The layout is
 * the engine API's "Attach to a container".
 */
export class StdcopyReader {
  readonly #onPiece: (stream: number, piece: Buffer) => void;
  readonly #header = Buffer.alloc(HEADER);
  #filled = 0;
  #stream = 0;
  #left = 0;

  constructor(onPiece: (stream: number, piece: Buffer) => void) {
    this.#onPiece = onPiece;
  }

  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        const taken = Math.min(HEADER - this.#filled, chunk.length - at);
        chunk.copy(this.#header, this.#filled, at, at + taken);
        this.#filled += taken;
        at += taken;
        if (this.#filled < HEADER) return;
        this.#filled = 0;
        this.#stream = this.#header[0] ?? 0;
        this.#left = this.#header.readUInt32BE(4);
      } else {
        const end = Math.min(chunk.length, at + this.#left);
        this.#left -= end - at;
        this.#onPiece(this.#stream, at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
        at = end;
      }
    }
  }
}
