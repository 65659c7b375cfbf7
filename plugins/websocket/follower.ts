import type { Journal, JournalEntry } from "../../core/contract/index.ts";
import { frameOf } from "../../core/kit/index.ts";
import { AckWindow } from "./ack-window.ts";
import { protocol } from "./config.ts";
import type { Outbox } from "./outbox.ts";
import { sending } from "./sending.ts";

/** How the client of one connection acknowledges, learnt by all its followers. */
export class AckHabit {
  /** It was asked for an acknowledgement and said nothing: it knows only its own rhythm, which counts events. */
  deaf = false;
}

/**
 * One reader of one run: it pulls from the journal as far as its window and its socket allow, and no further. When the
 * window is shut it asks for an acknowledgement; whoever does not answer is no more held to the window in bytes. A
 * client that acknowledges every so many events may wait for more of them.
 */
export class SocketFollower {
  /** Resolves when it has reached the run's end, was stopped, or failed; the failure is its value. */
  readonly done: Promise<unknown>;
  readonly #run: string;
  readonly #outbox: Outbox;
  readonly #habit: AckHabit;
  readonly #window: AckWindow;
  readonly #abort = new AbortController();
  #wake: (() => void) | undefined;
  #asked = false;
  #patience: NodeJS.Timeout | undefined;
  #silent = true;
  #complete = false;

  constructor(journal: Journal, run: string, after: number, outbox: Outbox, habit: AckHabit) {
    this.#run = run;
    this.#outbox = outbox;
    this.#habit = habit;
    this.#window = new AckWindow(after);
    this.done = this.#read(journal, run, after)
      .catch((error: unknown) => (this.#stopped ? undefined : error))
      .finally(() => clearTimeout(this.#patience));
  }

  /** Any answer shows a client that can be asked; only one that is news makes room. */
  ack(seq: number): void {
    clearTimeout(this.#patience);
    if (!this.#window.ack(seq)) return;
    this.#asked = false;
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

  /** The last event that was sent, and whether it was the run's last one. */
  get sent(): { readonly seq: number; readonly complete: boolean } {
    return { seq: this.#window.sent, complete: this.#complete };
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
        this.#window.skip(page.to);
        continue;
      }
      for (const entry of page.entries) {
        const size = sizeOf(entry);
        while (!this.#room(size)) {
          await this.#change();
          if (this.#stopped) return;
        }
        if (!sending.room) await sending.next();
        if (this.#stopped) return;
        this.#outbox.sendEvent(entry);
        this.#window.take(entry.event.seq, size);
        this.#complete = entry.event.type === "run-end";
      }
    }
  }

  #room(size: number): boolean {
    // Looked at whether or not the window is open: it also notes how long the socket has been stuck.
    const congested = this.#outbox.congested;
    if (this.#window.allows(size, !this.#habit.deaf)) return !congested;
    if (!this.#asked) this.#ask();
    return false;
  }

  #ask(): void {
    this.#asked = true;
    this.#outbox.send({ t: "ack-request", run: this.#run, seq: this.#window.sent });
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => {
      this.#habit.deaf = true;
      this.#wake?.();
    }, protocol.patience);
    this.#patience.unref();
  }

  /** Resolves when an acknowledgement came, the socket drained, or the follower was stopped. */
  async #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const forget = this.#outbox.whenDrained(resolve);
    await promise;
    forget();
    this.#wake = undefined;
  }
}

function sizeOf(entry: JournalEntry): number {
  return frameOf(entry)?.length ?? Buffer.byteLength(entry.json);
}
