/**
 * Bytes that all connections of a transport hold, by the token that let them in. A quarter more than one token may have
 * is kept for others.
 */
export class SharedBytes {
  readonly #held = new Map<string, number>();
  #all = 0;

  /** Whether `owner` may hold so many more; then they are counted. */
  take(owner: string, size: number, most: number): boolean {
    const own = (this.#held.get(owner) ?? 0) + size;
    if (own > most || this.#all + size > most * 1.25) return false;
    this.#all += size;
    this.#held.set(owner, own);
    return true;
  }

  give(owner: string, size: number): void {
    const own = (this.#held.get(owner) ?? 0) - size;
    this.#all -= size;
    if (own > 0) this.#held.set(owner, own);
    else this.#held.delete(owner);
  }
}
