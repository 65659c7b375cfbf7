import type { JournalPage } from "../contract/host.ts";
import type { Entry } from "./entry.ts";
import { pageBytes, pageSize, type RunJournal } from "./run-journal.ts";

/** Where a follower finds what it reads. */
export interface FollowSource {
  /** The run as this process knows it; undefined when only the store may. */
  live(run: string): RunJournal | undefined;
  /**
   * Reads up to `limit` events that memory does not hold. Undefined when there is nothing more for now, `end` when there
   * never will be.
   * @throws SluiceError SLUICE_RUN_NOT_FOUND, SLUICE_STORE_FAILED
   */
  older(place: OlderPlace): Promise<OlderPage>;
  /** Waits before a run that another process writes is looked at again. */
  pause(signal: AbortSignal): Promise<void>;
}

export interface OlderPlace {
  readonly run: string;
  readonly after: number;
  /** The first event that memory has; undefined where the run is not in memory. */
  readonly before: number | undefined;
  readonly limit: number;
}

export type OlderPage = JournalPage | "end" | undefined;
type Result = IteratorResult<JournalPage, undefined>;
const done: Result = { done: true, value: undefined };

/** One reader's cursor. It holds nothing but its place, and does nothing unless it is asked for the next page. */
export class Follower implements AsyncIterableIterator<JournalPage, undefined> {
  readonly #source: FollowSource;
  readonly #run: string;
  readonly #stop = new AbortController();
  readonly #release: () => void;
  #after: number;
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;
  /** Events to read from the store at once: fewer where they are large. */
  #batch = pageSize / 4;

  constructor(source: FollowSource, run: string, after: number, signal: AbortSignal | undefined, onStop: () => void) {
    this.#source = source;
    this.#run = run;
    this.#after = Math.max(0, after);
    const stop = () => this.stop();
    signal?.addEventListener("abort", stop, { once: true });
    this.#release = () => {
      signal?.removeEventListener("abort", stop);
      onStop();
    };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    // Nearly always nobody asks twice at once; then the answer needs no detour.
    const answer = this.#asked === 0 ? this.#next() : this.#last.then(() => this.#next());
    this.#asked += 1;
    this.#last = answer.then(
      () => this.#answered(),
      () => this.#answered(),
    );
    return answer;
  }

  async return(): Promise<Result> {
    this.stop();
    return done;
  }

  stop(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort("stopped");
    this.#release();
  }

  #answered(): void {
    this.#asked -= 1;
  }

  async #next(): Promise<Result> {
    try {
      while (!this.#stop.signal.aborted) {
        const live = this.#source.live(this.#run);
        const page = live?.page(this.#after);
        if (page !== undefined) return this.#deliver(page);
        if (live !== undefined && this.#after >= live.published) {
          if (live.finished) break;
          await this.#more(live);
          continue;
        }
        const [run, after, before, limit] = [this.#run, this.#after, live?.ring.first, this.#batch];
        const older = await this.#source.older({ run, after, before, limit });
        if (older === "end") break;
        if (older !== undefined) return this.#deliver(this.#measured(older));
        await this.#source.pause(this.#stop.signal);
      }
    } catch (error) {
      const stopped = this.#stop.signal.aborted;
      this.stop();
      if (!stopped) throw error;
    }
    this.stop();
    return done;
  }

  #deliver(page: JournalPage): Result {
    if (this.#stop.signal.aborted) return done;
    this.#after = page.kind === "gap" ? page.to : ((page.entries.at(-1) as Entry | undefined)?.seq ?? this.#after);
    return { done: false, value: page };
  }

  /** Fits the next batch to the size of this one. A reader never holds much more than a page. */
  #measured(page: JournalPage): JournalPage {
    if (page.kind === "gap") return page;
    const bytes = (page.entries as readonly Entry[]).reduce((sum, { size }) => sum + size, 0);
    if (bytes > 2 * pageBytes) this.#batch = Math.max(4, Math.floor(this.#batch / 2));
    else if (bytes < pageBytes / 2) this.#batch = Math.min(pageSize, this.#batch * 2);
    return page;
  }

  #more(live: RunJournal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#stop.signal.removeEventListener("abort", stopped);
        resolve();
      };
      const forget = live.wait(wake);
      const stopped = () => {
        forget();
        resolve();
      };
      this.#stop.signal.addEventListener("abort", stopped, { once: true });
    });
  }
}
