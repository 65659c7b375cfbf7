import type { Clock, Logger } from "../../core/contract/index.ts";
import type { NatsLink } from "./link.ts";
import type { RunHeads } from "./run-heads.ts";
import type { ClusterNames } from "./streams.ts";

export interface RunWatchesOptions {
  readonly link: NatsLink;
  readonly names: ClusterNames;
  readonly heads: RunHeads;
  readonly clock: Clock;
  readonly log: Logger;
}

interface RunWatch {
  readonly wakes: Set<() => void>;
  /** Ends its subscription; undefined while there is none, because this host is cut off. */
  end: (() => void) | undefined;
  /** Number of the newest message that is known of. */
  told: number;
  /** Times that the servers were asked for it. */
  asked: number;
}

/** Milliseconds between questions whether a word was lost. */
const pause = 2_000;
/** Times that a run is asked for whatever was found before: a copy at another server may be behind at first. */
const fresh = 3;

/**
 * Tells followers that a run has more: one subscription for a run, however many follow it here. A word may be lost where
 * servers do not see each other. So one question for all runs asks every two seconds which of them have news.
 */
export class RunWatches {
  readonly #options: RunWatchesOptions;
  readonly #watched = new Map<string, RunWatch>();
  readonly #stop = new AbortController();
  readonly #release: () => void;
  /** The newest message that an answer had: those that were asked for before it have told all up to there. */
  #since = 0;
  #asking = false;

  constructor(options: RunWatchesOptions) {
    this.#options = options;
    // What came while nobody could be told.
    this.#release = options.link.onChange((connected) => {
      if (connected) this.startAnew();
    });
  }

  /** What was known is nothing to go by: whoever watches is to look. */
  startAnew(): void {
    this.#since = 0;
    for (const [run, watched] of this.#watched) {
      watched.end ??= this.#listen(run, watched);
      [watched.asked, watched.told] = [0, 0];
      wakeAll(watched);
    }
  }

  watch(run: string, wake: () => void): () => void {
    const own = () => wake();
    const watched = this.#watched.get(run) ?? this.#begin(run);
    watched.wakes.add(own);
    return () => {
      watched.wakes.delete(own);
      if (watched.wakes.size > 0 || this.#watched.get(run) !== watched) return;
      this.#watched.delete(run);
      watched.end?.();
    };
  }

  /** Number of the newest message of a run that is known of; 0 where nobody watches it. A copy may be behind that. */
  toldOf(run: string): number {
    return this.#watched.get(run)?.told ?? 0;
  }

  stop(): void {
    this.#stop.abort();
    this.#release();
    for (const { end } of this.#watched.values()) end?.();
    this.#watched.clear();
  }

  #begin(run: string): RunWatch {
    const watched: RunWatch = { wakes: new Set(), end: undefined, told: 0, asked: 0 };
    if (this.#options.link.connected) watched.end = this.#listen(run, watched);
    this.#watched.set(run, watched);
    if (!this.#asking) void this.#ask();
    return watched;
  }

  #listen(run: string, watched: RunWatch): () => void {
    const { link, names } = this.#options;
    return link.listen(names.live(run), ({ headers }) => {
      watched.told = Number(headers?.get("Nats-Sequence") ?? 0);
      wakeAll(watched);
    });
  }

  async #ask(): Promise<void> {
    const { clock, link, heads, log } = this.#options;
    this.#asking = true;
    while (!this.#stop.signal.aborted && this.#watched.size > 0) {
      await clock.sleep(pause, this.#stop.signal).catch(() => undefined);
      if (this.#stop.signal.aborted || !link.connected) continue;
      try {
        await this.#lookForNews(heads);
      } catch (error) {
        log.debug("the servers cannot be asked which runs have news", { error });
      }
    }
    this.#asking = false;
  }

  async #lookForNews(heads: RunHeads): Promise<void> {
    const all = [...this.#watched];
    const [late, known] = [true, false].map((isFresh) =>
      all.filter(([, { asked }]) => asked < fresh === isFresh).map(([run]) => run),
    );
    for (const [, watched] of all) watched.asked += 1;
    let newest = this.#since;
    const hear = (run: string, message: number) => {
      newest = Math.max(newest, message);
      const watched = this.#watched.get(run);
      if (watched === undefined || message <= watched.told) return;
      watched.told = message;
      wakeAll(watched);
    };
    await heads.newerThan(this.#since, known ?? [], hear);
    this.#since = newest;
    await heads.newerThan(0, late ?? [], hear);
  }
}

function wakeAll({ wakes }: RunWatch): void {
  for (const wake of wakes) wake();
}
