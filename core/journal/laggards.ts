import type { Clock } from "../contract/tokens.ts";

/** A reader of one run, as far as its producer waits for it. */
export interface Reader {
  /** The last `seq` it took. */
  readonly after: number;
}

/** A reader may take nothing for so many looks, with milliseconds between them, and still be waited for. */
const patience = { looks: 20, pause: 100 };

/**
 * The readers of a run that no store keeps. Those about to lose events are waited for as long as they read on; whoever
 * takes nothing for two seconds is told of a gap instead, so that a frozen reader costs a run no more than that.
 */
export class Laggards {
  readonly #clock: Clock;
  readonly #readers = new Set<Reader>();
  /** Looks since a reader last moved. */
  readonly #idle = new Map<Reader, number>();
  #relief: PromiseWithResolvers<void> | undefined;
  #endangered: (reader: Reader) => boolean = () => false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(reader: Reader): void {
    this.#readers.add(reader);
  }

  remove(reader: Reader): void {
    this.#readers.delete(reader);
    this.#idle.delete(reader);
    this.#relieve();
  }

  /** A reader took something. */
  moved(reader: Reader): void {
    this.#idle.delete(reader);
    this.#relieve();
  }

  /** What to await before producing more; undefined when nobody is about to lose anything. */
  wait(endangered: (reader: Reader) => boolean): Promise<void> | undefined {
    this.#endangered = endangered;
    if (!this.#any()) return undefined;
    if (this.#relief === undefined) {
      this.#relief = Promise.withResolvers<void>();
      void this.#watch(this.#relief);
    }
    return this.#relief.promise;
  }

  #any(): boolean {
    for (const reader of this.#readers) {
      if ((this.#idle.get(reader) ?? 0) < patience.looks && this.#endangered(reader)) return true;
    }
    return false;
  }

  #relieve(): void {
    if (this.#relief === undefined || this.#any()) return;
    this.#relief.resolve();
    this.#relief = undefined;
  }

  /** Many short looks, not one long one: a host that was starved itself has let its readers read between them. */
  async #watch(relief: PromiseWithResolvers<void>): Promise<void> {
    while (this.#relief === relief) {
      for (const reader of this.#readers) {
        if (this.#endangered(reader)) this.#idle.set(reader, (this.#idle.get(reader) ?? 0) + 1);
      }
      this.#relieve();
      await this.#clock.sleep(patience.pause);
    }
  }
}
