import type { NatsLink } from "./link.ts";
import type { ClusterNames } from "./streams.ts";

/** Tells followers that a run has more: one subscription for a run, however many follow it here. */
export class RunWatches {
  readonly #link: NatsLink;
  readonly #names: ClusterNames;
  readonly #watched = new Map<string, { readonly wakes: Set<() => void>; readonly end: () => void }>();
  readonly #release: () => void;

  constructor(link: NatsLink, names: ClusterNames) {
    this.#link = link;
    this.#names = names;
    // What came while nobody could be told.
    this.#release = link.onChange((connected) => {
      if (connected) for (const { wakes } of this.#watched.values()) for (const wake of wakes) wake();
    });
  }

  watch(run: string, wake: () => void): () => void {
    const own = () => wake();
    const watched = this.#watched.get(run) ?? this.#begin(run);
    watched.wakes.add(own);
    return () => {
      watched.wakes.delete(own);
      if (watched.wakes.size > 0 || this.#watched.get(run) !== watched) return;
      this.#watched.delete(run);
      watched.end();
    };
  }

  stop(): void {
    this.#release();
    for (const { end } of this.#watched.values()) end();
    this.#watched.clear();
  }

  #begin(run: string): { readonly wakes: Set<() => void>; readonly end: () => void } {
    const wakes = new Set<() => void>();
    const subscription = this.#link.connected
      ? this.#link.connection.subscribe(this.#names.live(run), {
          callback: () => {
            for (const wake of wakes) wake();
          },
        })
      : undefined;
    const watched = { wakes, end: () => subscription?.unsubscribe() };
    this.#watched.set(run, watched);
    return watched;
  }
}
