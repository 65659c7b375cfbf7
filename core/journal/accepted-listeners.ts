import type { JournalEntry } from "../contract/host.ts";

export type AcceptedListener = (entries: readonly JournalEntry[]) => void;

/** Those who are told what readers may see. One that throws is no longer called, and no other one notices. */
export class AcceptedListeners {
  readonly #listeners = new Set<AcceptedListener>();
  readonly #onThrown: (message: string) => void;

  constructor(onThrown: (message: string) => void) {
    this.#onThrown = onThrown;
  }

  add(listener: AcceptedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
    this.#listeners.clear();
  }

  tell(entries: readonly JournalEntry[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(entries);
      } catch (error) {
        this.#listeners.delete(listener);
        this.#onThrown(`A listener of the journal threw and is no longer called: ${error}`);
      }
    }
  }
}
