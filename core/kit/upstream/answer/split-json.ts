const mostJunk = 2_000;

/**
 * Finds JSON objects in text that comes in pieces: one after the other, one a line, or in a list. Each is given out as
 * soon as its last bracket is there, and each character is looked at once.
 */
export class JsonSplitter {
  #pending = "";
  /** How much of the pending text was looked at. */
  #at = 0;
  #depth = 0;
  #quoted = false;
  #escaped = false;
  #junk = "";

  /** What stands between objects and is none of JSON's marks, or begins as an object does and is none. */
  get junk(): string {
    return this.#junk || (/^\{\s*[^"}\s]/.test(this.#pending) ? this.#pending.slice(0, mostJunk) : "");
  }

  /** Characters that wait for the rest of their object. */
  get pending(): number {
    return this.#pending.length;
  }

  write(piece: string): string[] {
    this.#pending += piece;
    const found: string[] = [];
    let start = 0;
    for (; this.#at < this.#pending.length; this.#at += 1) {
      const character = this.#pending[this.#at] ?? "";
      if (this.#depth === 0) {
        if (character === "{") {
          start = this.#at;
          this.#depth = 1;
        } else if (!/[\s,[\]\ufeff]/.test(character) && this.#junk.length < mostJunk) this.#junk += character;
      } else if (this.#inside(character)) found.push(this.#pending.slice(start, this.#at + 1));
    }
    this.#pending = this.#depth === 0 ? "" : this.#pending.slice(start);
    this.#at = this.#pending.length;
    return found;
  }

  /** Takes a character of an object; true when it is the last one. */
  #inside(character: string): boolean {
    if (this.#quoted) {
      if (this.#escaped) this.#escaped = false;
      else if (character === "\\") this.#escaped = true;
      else if (character === '"') this.#quoted = false;
    } else if (character === '"') this.#quoted = true;
    else if (character === "{" || character === "[") this.#depth += 1;
    else if (character === "}" || character === "]") this.#depth -= 1;
    return this.#depth === 0;
  }
}
