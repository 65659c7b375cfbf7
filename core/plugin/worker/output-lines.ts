import { plural } from "../../kit/text/plural.ts";

/** Characters of one line that are kept. */
const longestLine = 4_096;
/** Bytes in a second that are looked at: whoever writes more must not keep its host busy. */
const mostInSecond = 64 * 1024;

/** What a process writes, line by line, within bounds; what is over them is counted and told. */
export class OutputLines {
  readonly #take: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #line = "";
  #since = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  take(piece: Uint8Array): void {
    const now = performance.now();
    if (now - this.#since >= 1_000) {
      this.#tellDropped();
      this.#since = now;
      this.#bytes = 0;
    }
    const kept = piece.subarray(0, Math.max(0, mostInSecond - this.#bytes));
    this.#bytes += kept.length;
    this.#dropped += piece.length - kept.length;
    const lines = (this.#line + this.#decoder.decode(kept, { stream: true })).split(/\r?\n/);
    this.#line = (lines.pop() ?? "").slice(0, longestLine);
    for (const line of lines) if (line !== "") this.#take(line.slice(0, longestLine));
  }

  end(): void {
    if (this.#line !== "") this.#take(this.#line);
    this.#line = "";
    this.#tellDropped();
  }

  #tellDropped(): void {
    if (this.#dropped > 0) this.#take(`(${plural(this.#dropped, "byte more was", "bytes more were")} dropped)`);
    this.#dropped = 0;
  }
}
