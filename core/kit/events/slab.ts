/** Bytes of one slab; entries die in about the order in which they came, and with the last of them their slab. */
const slabSize = 1024 * 1024;

/**
 * Places many texts in few allocations. One allocation for each would leave the process with a heap full of holes.
 */
export class Slab {
  #slab = Buffer.alloc(0);
  #used = 0;

  /** The parts one after the other. */
  join(parts: readonly Uint8Array[]): Buffer {
    const place = this.#take(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      place.set(part, at);
      at += part.length;
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
