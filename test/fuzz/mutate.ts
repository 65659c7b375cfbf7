/** A generator of pseudo-random numbers (mulberry32): the same seed gives the same inputs. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Below `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, bound);
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
}

/** What parsers and walkers have stumbled over somewhere. */
const pieces: readonly Buffer[] = [
  ...["{", "}", "[", "]", '"', ":", ",", "\\", "\\u0000", "\\ud800", "null", "true", "-0", "1e999", "-1", "0.1e-9"],
  ...[
    '"__proto__":{"a":1},',
    '"constructor":{"prototype":{}},',
    '"toJSON":1,',
    '"length":-1,',
    '"then":1,',
    '"id":"x",',
  ],
  ...["[".repeat(70), '{"a":'.repeat(70), "]".repeat(70), "[".repeat(20_000), "[],".repeat(1_000), '"a":[[[[]]]],'],
  ...[
    "\r\n",
    "\n\n",
    "data: ",
    "event: error\n",
    ": ping\n",
    "[DONE]",
    "\u2028",
    "\ufeff",
    "\u0000",
    "${env:HOME}",
    "&a ",
    "*a",
    "<<: ",
  ],
  ...["9007199254740993", "2147483648", "4294967295", "1".repeat(400), "x".repeat(5_000), "é".repeat(3), "😀"],
]
  .map((text) => Buffer.from(text))
  .concat([
    Buffer.from([0xff]),
    Buffer.from([0xc3, 0x28]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.alloc(8),
    Buffer.alloc(5, 0xff),
  ]);

/** Bytes of an input at most. */
const longest = 64 * 1024;
/** Inputs that are kept beside the valid ones; another takes the place of any of them. */
const mostKept = 1_000;

/** One input after another, each made of a valid one. */
export class Mutator {
  readonly #random: Random;
  readonly #corpus: Buffer[];
  readonly #valid: number;

  constructor(seed: number, corpus: readonly Buffer[]) {
    this.#random = new Random(seed);
    this.#corpus = [...corpus];
    this.#valid = corpus.length;
  }

  /** Others are made of it from now on, as of the valid ones. */
  keep(input: Buffer): void {
    const isFull = this.#corpus.length - this.#valid >= mostKept;
    this.#corpus[isFull ? this.#valid + this.#random.below(mostKept) : this.#corpus.length] = input;
  }

  next(): Buffer {
    let input = this.#random.of(this.#corpus);
    // Some stay valid, most are changed in a few places.
    for (let left = this.#random.below(6); left > 0; left -= 1) input = this.#change(input);
    return input.length > longest ? input.subarray(0, longest) : input;
  }

  #change(input: Buffer): Buffer {
    const random = this.#random;
    const at = random.below(input.length + 1);
    const end = Math.min(input.length, at + 1 + random.below(random.below(4) === 0 ? 200 : 8));
    const [before, middle, after] = [input.subarray(0, at), input.subarray(at, end), input.subarray(end)];
    switch (random.below(8)) {
      case 0:
        return Buffer.concat([before, after]);
      case 1:
        return Buffer.concat([before, random.of(pieces), middle, after]);
      case 2:
        return Buffer.concat([before, random.of(pieces), after]);
      case 3:
        return Buffer.concat([before, middle, middle, middle, after]);
      case 4: {
        const other = random.of(this.#corpus);
        const from = random.below(other.length);
        return Buffer.concat([before, other.subarray(from, from + random.below(other.length - from + 1)), after]);
      }
      case 5:
        return before;
      case 6: {
        const copy = Buffer.from(input);
        for (let index = at; index < end; index += 1) copy[index] = random.below(256);
        return copy;
      }
      default: {
        const copy = Buffer.from(input);
        if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
        return copy;
      }
    }
  }
}

/** JSON texts as they would be sent. */
export const texts = (...values: readonly unknown[]): Buffer[] =>
  values.map((value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
