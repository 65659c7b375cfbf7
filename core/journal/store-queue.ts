import type { RunEntry } from "./writer-options.ts";

/** Events that go to the store in one turn of the event loop. */
const mostEvents = 256;
/** What one run may have of a batch before the others have theirs. */
const share = { events: 32, bytes: 64 * 1024 };

/**
 * What waits for the store. Each run's events stay in their order; runs take turns. So the events of one that says much
 * keep no other run's waiting.
 */
export class StoreQueue {
  /** By run, whoever is served next first. */
  readonly #runs = new Map<RunEntry["run"], RunEntry[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(item: RunEntry): void {
    const own = this.#runs.get(item.run);
    if (own === undefined) this.#runs.set(item.run, [item]);
    else own.push(item);
    this.#length += 1;
  }

  /** Takes the next batch out, of so many bytes at most: one event at least, if any waits. */
  take(mostBytes: number): RunEntry[] {
    const batch: RunEntry[] = [];
    /** Of each run, how many of its events are in the batch. */
    const taken = new Map<RunEntry["run"], number>();
    let bytes = 0;
    for (let more = true; more; ) {
      more = false;
      for (const [run, own] of this.#runs) {
        const from = taken.get(run) ?? 0;
        const to = shareOf(own, from);
        for (let at = from; at < to; at += 1) {
          const item = own[at] as RunEntry;
          const isFull = batch.length >= mostEvents || bytes + item.entry.size > mostBytes;
          if (isFull && batch.length > 0) return this.#remove(batch, taken.set(run, at));
          batch.push(item);
          bytes += item.entry.size;
        }
        taken.set(run, to);
        more ||= to < own.length;
      }
    }
    return this.#remove(batch, taken);
  }

  /** Whoever has more goes to the end of the line. */
  #remove(batch: RunEntry[], taken: ReadonlyMap<RunEntry["run"], number>): RunEntry[] {
    for (const [run, count] of taken) {
      const own = this.#runs.get(run) ?? [];
      if (count === 0) continue;
      this.#runs.delete(run);
      if (count < own.length) this.#runs.set(run, own.slice(count));
    }
    this.#length -= batch.length;
    return batch;
  }
}

/** Up to which of a run's events its share goes, from `from` on; one event at least. */
function shareOf(own: readonly RunEntry[], from: number): number {
  let bytes = 0;
  let to = from;
  while (to < own.length && to - from < share.events && bytes < share.bytes) {
    bytes += own[to]?.entry.size ?? 0;
    to += 1;
  }
  return to;
}
