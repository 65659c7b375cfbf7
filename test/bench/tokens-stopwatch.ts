/** One answer as its reader saw it; milliseconds. */
export interface Measured {
  readonly firstToken: number;
  /** How much the gap between two deltas differs from the gap in which they were sent. */
  readonly gaps: readonly number[];
  readonly deltas: number;
}

/** Begins when it is made. */
export class Stopwatch {
  readonly #began = process.hrtime.bigint();
  readonly #gaps: number[] = [];
  #firstToken = Number.NaN;
  #late: number | undefined;
  #deltas = 0;

  /** Text that came at once: one delta of the provider, or several. */
  delta(text: string): void {
    const now = process.hrtime.bigint();
    if (this.#deltas === 0) this.#firstToken = Number(now - this.#began) / 1e6;
    for (const [, number, sent] of text.matchAll(/(\d+):(\d+) /g)) {
      if (Number(number) !== this.#deltas) throw new Error(`delta ${number} came where ${this.#deltas} was due`);
      this.#deltas += 1;
      const late = Number(now - BigInt(sent ?? 0)) / 1e6;
      if (this.#late !== undefined) this.#gaps.push(Math.abs(late - this.#late));
      this.#late = late;
    }
  }

  measured(): Measured {
    return { firstToken: this.#firstToken, gaps: this.#gaps, deltas: this.#deltas };
  }
}
