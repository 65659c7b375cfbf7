import { cutText, cutTextStart, plural } from "../../core/kit/index.ts";

/** Keeps the beginning and the end of a text of any length, in memory that does not grow with it. */
export class ToolText {
  readonly #half: number;
  #head = "";
  #tail: string[] = [];
  #tailLength = 0;
  #length = 0;

  /** `limit`: how many characters are kept. */
  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2));
  }

  get empty(): boolean {
    return this.#length === 0;
  }

  append(text: string): void {
    if (text === "") return;
    const full = this.#length > this.#head.length;
    this.#length += text.length;
    // What comes after a cut belongs to the tail. So it does where surrogates left the head one unit short.
    const room = full ? 0 : this.#half - this.#head.length;
    const first = cutText(text, room);
    this.#head += first;
    const rest = text.slice(first.length);
    if (rest === "") return;
    this.#tail.push(rest);
    this.#tailLength += rest.length;
    // Twice the half: cutting costs as much as it frees.
    if (this.#tailLength > 2 * this.#half) this.#cut();
  }

  toString(): string {
    this.#cut();
    const tail = this.#tail[0] ?? "";
    const left = this.#length - this.#head.length - tail.length;
    return left === 0
      ? this.#head + tail
      : `${this.#head}\n[${plural(left, "character is", "characters are")} left out here]\n${tail}`;
  }

  #cut(): void {
    const kept = cutTextStart(this.#tail.join(""), this.#half);
    this.#tail = kept === "" ? [] : [kept];
    this.#tailLength = kept.length;
  }
}
