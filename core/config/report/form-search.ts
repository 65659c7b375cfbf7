/** Places of the tables, a power of two: one for each block of three characters, as good as its hash tells them apart. */
const places = 1 << 15;
/** Characters of one block. */
const block = 3;
/** Forms shorter than this are looked for by a table of their own: they would shorten the leaps of the others. */
const short = 12;

/**
 * Looks for any of many words in a text, as Wu and Manber do: it reads the characters where the shortest word would
 * end. It leaps on by as much as no word allows there. A regular expression looks at every character instead. It takes
 * up to fifty times as long where all words share one.
 */
export class FormSearch {
  readonly #leaps: readonly Leaps[];

  /** @param forms of three characters at least */
  constructor(forms: readonly string[]) {
    const groups = [forms.filter(({ length }) => length < short), forms.filter(({ length }) => length >= short)];
    this.#leaps = groups.filter(({ length }) => length > 0).map((group) => new Leaps(group));
  }

  finds(text: string): boolean {
    return this.#leaps.some((leaps) => leaps.finds(text));
  }
}

class Leaps {
  /** Characters that the shortest word has; no more of any is looked at before it is compared. */
  readonly #length: number;
  /** By block: how far the next place where a word may end is away. */
  readonly #leap: Uint8Array;
  /** The words, by the block in which their first `#length` characters end. */
  readonly #words = new Map<number, string[]>();

  constructor(words: readonly string[]) {
    this.#length = Math.min(255, ...words.map(({ length }) => length));
    this.#leap = new Uint8Array(places).fill(this.#length - block + 1);
    for (const word of words) {
      for (let end = block; end <= this.#length; end += 1) {
        const place = placeOf(word, end - 1);
        this.#leap[place] = Math.min(this.#leap[place] ?? 0, this.#length - end);
      }
      const last = placeOf(word, this.#length - 1);
      this.#words.set(last, [...(this.#words.get(last) ?? []), word]);
    }
  }

  finds(text: string): boolean {
    const leap = this.#leap;
    for (let at = this.#length - 1; at < text.length; ) {
      const place = placeOf(text, at);
      const by = leap[place] ?? 0;
      if (by === 0 && this.#isWord(text, at, place)) return true;
      at += by === 0 ? 1 : by;
    }
    return false;
  }

  #isWord(text: string, end: number, place: number): boolean {
    const start = end - this.#length + 1;
    return this.#words.get(place)?.some((word) => text.startsWith(word, start)) === true;
  }
}

/** The place of the block whose last character is at `end`. */
function placeOf(text: string, end: number): number {
  const before = (text.charCodeAt(end - 2) << 10) ^ (text.charCodeAt(end - 1) << 5);
  return (before ^ text.charCodeAt(end)) & (places - 1);
}
