import { setTimeout } from "node:timers/promises";
import { type RunEvent, SluiceError } from "../../core/contract/index.ts";

export interface RunReaderOptions {
  /** The events of one run, from after a place on. */
  readonly follow: (run: string, after: number) => AsyncIterable<RunEvent>;
  /** Takes one event, as fast as it can. */
  readonly take: (event: RunEvent) => Promise<void>;
  /** Whether nothing more is wanted. */
  readonly over: () => boolean;
  /** A run that is not read: there are too many. */
  readonly onMissed: () => void;
  /** Events that the journal no longer has. */
  readonly onGap: (events: number) => void;
  readonly onFailed: (run: string, error: SluiceError) => void;
}

/** Runs that are read at once, and those that may wait. Those that are remembered are not read twice. */
const most = { reading: 64, waiting: 10_000, known: 50_000 };
/** Pauses before a run is followed once more, in milliseconds, when the host is too busy. */
const pauses = [100, 300, 1_000, 3_000];

/**
 * Reads runs to their ends, each with a cursor of its own in its journal: whole, and never faster than they are taken. A
 * run that finds all places taken waits; its events wait in its journal, and so none is lost.
 */
export class RunReader {
  readonly #options: RunReaderOptions;
  readonly #reading = new Map<string, Promise<void>>();
  readonly #known = new Set<string>();
  #waiting: { readonly run: string; readonly after: number }[] = [];
  #first = 0;
  #cut = 0;

  constructor(options: RunReaderOptions) {
    this.#options = options;
  }

  /** Reads a run that is not known yet, from after `after` on; false for one that is. */
  add(run: string, after = 0): boolean {
    if (this.#known.has(run) || this.#options.over()) return false;
    this.#known.add(run);
    if (this.#known.size > most.known) this.#known.delete(this.#known.values().next().value ?? "");
    if (this.unread >= most.waiting) this.#options.onMissed();
    else this.#waiting.push({ run, after });
    this.#next();
    return true;
  }

  /** Runs of which the rest was not read: nothing more was wanted. */
  get cut(): number {
    return this.#cut;
  }

  /** Runs that wait to be read. */
  get unread(): number {
    return this.#waiting.length - this.#first;
  }

  /** Resolves when all runs have been read that it knows of, or nothing more is wanted. */
  async settled(): Promise<void> {
    while (this.#reading.size > 0) await Promise.all(this.#reading.values());
  }

  #next(): void {
    while (this.#reading.size < most.reading && this.unread > 0 && !this.#options.over()) {
      const { run, after } = this.#waiting[this.#first] as { run: string; after: number };
      this.#first += 1;
      const reading = this.#read(run, after).finally(() => {
        this.#reading.delete(run);
        this.#next();
      });
      this.#reading.set(run, reading);
    }
    if (this.#first < most.reading * 4) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }

  async #read(run: string, after: number): Promise<void> {
    let last = after;
    for (let attempt = 0; ; attempt += 1) {
      try {
        for await (const event of this.#options.follow(run, last)) {
          if (this.#options.over()) return this.#leave();
          if (event.type === "gap") this.#options.onGap(event.data.to - event.data.from + 1);
          last = event.seq;
          await this.#options.take(event);
          if (event.type !== "run-end" && this.#options.over()) return this.#leave();
        }
        return;
      } catch (thrown) {
        const error = SluiceError.from(thrown);
        if (this.#options.over()) return this.#leave();
        const pause = error.retryable ? pauses[attempt] : undefined;
        if (pause === undefined) return this.#options.onFailed(run, error);
        await setTimeout(pause);
      }
    }
  }

  #leave(): void {
    this.#cut += 1;
  }
}
