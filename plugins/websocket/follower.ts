import type { Journal } from "../../core/index.ts";
import { CreditWindow } from "./credit.ts";
import type { Outbox } from "./outbox.ts";

/** One reader of one run: it pulls from the journal as far as its credit and its socket allow, and no further. */
export class Follower {
  /** Resolves when it has reached the run's end, was stopped, or failed; the failure is its value. */
  readonly done: Promise<unknown>;
  readonly #outbox: Outbox;
  readonly #window = new CreditWindow();
  readonly #abort = new AbortController();
  #wake: (() => void) | undefined;
  #silent = true;

  constructor(journal: Journal, run: string, after: number, outbox: Outbox) {
    this.#outbox = outbox;
    this.done = this.#read(journal, run, after).catch((error: unknown) => (this.#stopped ? undefined : error));
  }

  credit(count: number): void {
    this.#window.grant(count);
    this.#wake?.();
  }

  stop(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  /** It came to the run's end without anything to send: its client is further than the run ever was. */
  get silent(): boolean {
    return this.#silent && !this.#stopped;
  }

  get #stopped(): boolean {
    return this.#abort.signal.aborted;
  }

  async #read(journal: Journal, run: string, after: number): Promise<void> {
    // A run that was opened this moment asks its model first.
    await new Promise(setImmediate);
    for await (const page of journal.follow(run, after, this.#abort.signal)) {
      if (this.#stopped) return;
      this.#silent = false;
      if (page.kind === "gap") {
        this.#outbox.send({ t: "gap", run, from: page.from, to: page.to, reason: page.reason });
        continue;
      }
      for (const entry of page.entries) {
        while (!this.#window.room || this.#outbox.congested) {
          await this.#room();
          if (this.#stopped) return;
        }
        this.#window.take(this.#outbox.sendEvent(entry));
      }
    }
  }

  /** Resolves when credit came, the socket drained, or the follower was stopped. */
  async #room(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const forget = this.#outbox.whenDrained(resolve);
    await promise;
    forget();
    this.#wake = undefined;
  }
}
