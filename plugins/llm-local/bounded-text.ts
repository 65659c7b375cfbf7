/**
 * Passes a tiny model's answer on up to where it should have ended: `code` ends after the block that is already open,
 * `prose` before any block. Holds back only the beginning of what may be a fence.
 */
export class BoundedText {
  readonly #until: "code" | "prose" | "end";
  #held = "";
  ended = false;

  constructor(until: "code" | "prose" | "end") {
    this.#until = until;
  }

  write(text: string): string {
    if (this.ended) return "";
    if (this.#until === "end") return text;
    this.#held += text;
    const at = this.#held.indexOf(fence);
    if (at >= 0) {
      this.ended = true;
      return this.#held.slice(0, at) + (this.#until === "code" ? "\n```\n" : "");
    }
    const keep = partOfFence(this.#held);
    const passed = this.#held.slice(0, this.#held.length - keep);
    this.#held = this.#held.slice(this.#held.length - keep);
    return passed;
  }

  /** The model has ended by itself: closes the block where the model did not. */
  end(): string {
    if (this.ended || this.#until === "end") return "";
    this.ended = true;
    if (this.#until === "prose") return this.#held.replace(/\n`*$/, "");
    return `${this.#held.replace(/\n`*$/, "")}\n\`\`\`\n`;
  }
}

const fence = "\n```";

/** How many of the last characters may be the beginning of a fence. */
function partOfFence(text: string): number {
  for (let length = Math.min(fence.length - 1, text.length); length > 0; length -= 1) {
    if (fence.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
