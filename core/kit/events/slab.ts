/** Bytes of one slab; entries die in about the order in which they came, and with the last of them their slab. */
const slabSize = 1024 * 1024;

/**
 * Places many texts in few allocations. One allocation for each would leave the process with a heap full of holes.
 */
export class Slab {
  #slab = Buffer.alloc(0);
  #used = 0;

  /** The parts one after the other, texts in UTF-8. Each is copied once: joining long texts first would copy them again. */
  join(parts: readonly (Uint8Array | string)[]): Buffer {
    const place = this.#take(parts.reduce((sum, part) => sum + bytesOf(part), 0));
    let at = 0;
    for (const part of parts) {
      if (typeof part === "string") at += place.write(part, at);
      else {
        place.set(part, at);
        at += part.length;
      }
    }
    return place;
  }

  #take(size: number): Buffer {
    if (size > slabSize / 4) return Buffer.allocUnsafeSlow(size);
    if (this.#used + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(slabSize);
      this.#used = 0;
    }
    this.#used += size;
    return this.#slab.subarray(this.#used - size, this.#used);
  }
}

function bytesOf(part: Uint8Array | string): number {
  return typeof part === "string" ? Buffer.byteLength(part) : part.length;
}
