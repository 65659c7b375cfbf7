import type { AskedPrompt } from "../contract/run.ts";

/** Characters of prompts kept of one run; of more, the first requests go. */
const most = 250_000;

/** What the models of one run were told, word for word. Journals do not have it: each request would repeat all before it. */
export class Prompts {
  readonly #kept = new Map<number, AskedPrompt>();
  #size = 0;

  /** `seq`: of the answer's `model-start`. */
  add(seq: number, prompt: AskedPrompt): void {
    this.#kept.set(seq, prompt);
    this.#size += sizeOf(prompt);
    for (const [first, old] of this.#kept) {
      if (this.#size <= most) break;
      this.#kept.delete(first);
      this.#size -= sizeOf(old);
    }
  }

  of(seq: number): AskedPrompt | undefined {
    return this.#kept.get(seq);
  }
}

function sizeOf({ system, messages }: AskedPrompt): number {
  return messages.reduce((sum, { text }) => sum + text.length, system.length);
}
