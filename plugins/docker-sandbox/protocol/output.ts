import { isUtf8 } from "node:buffer";

/** Bytes of one event's text at most. */
export const LARGEST_PIECE = 64 * 1024;

export type OutputChunk =
  | { readonly text: string; readonly offset: number }
  | { readonly base64: string; readonly offset: number };

/**
 * Turns the bytes of one stream into the pieces of `exec-stdout` and `exec-stderr`: text where they are UTF-8, base64
 * where they are not, and no UTF-8 sequence cut in two. The offset counts bytes.
 */
export class OutputText {
  readonly #onPiece: (piece: OutputChunk) => void;
  #held: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(onPiece: (piece: OutputChunk) => void) {
    this.#onPiece = onPiece;
  }

  /** Bytes seen so far. */
  get offset(): number {
    return this.#offset + this.#held.length;
  }

  push(chunk: Buffer): void {
    const joined = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    while (at < joined.length) {
      let end = Math.min(joined.length, at + LARGEST_PIECE);
      end -= unfinished(joined, at, end);
      if (end === at) break;
      this.#emit(joined.subarray(at, end));
      at = end;
    }
    // Copied, because the rest would keep the whole chunk alive.
    this.#held = at < joined.length ? Buffer.from(joined.subarray(at)) : Buffer.alloc(0);
  }

  /** What was held back for a sequence that never came to its end. */
  flush(): void {
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    this.#emit(held);
  }

  #emit(bytes: Buffer): void {
    const offset = this.#offset;
    this.#offset += bytes.length;
    if (isUtf8(bytes)) {
      this.#onPiece({ text: bytes.toString("utf8"), offset });
      return;
    }
    const good = validPrefix(bytes);
    if (good > 0) this.#onPiece({ text: bytes.toString("utf8", 0, good), offset });
    this.#onPiece({ base64: bytes.toString("base64", good), offset: offset + good });
  }
}

/** Length of the sequence at the end of the bytes that has begun and is not complete; 0 when there is none. */
function unfinished(bytes: Buffer, start: number, end: number): number {
  for (let back = 1; back <= 3 && end - back >= start; back += 1) {
    const byte = bytes[end - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/** Bytes from the beginning that are UTF-8. */
function validPrefix(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const size = sequenceLength(bytes[at] ?? 0);
    if (size === 0 || at + size > bytes.length) return at;
    if (size > 1 && !isUtf8(bytes.subarray(at, at + size))) return at;
    at += size;
  }
  return at;
}

/** What a sequence's first byte promises; 0 for bytes that begin none. */
function sequenceLength(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte < 0xe0) return 2;
  if (byte >= 0xe0 && byte < 0xf0) return 3;
  return byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
}
