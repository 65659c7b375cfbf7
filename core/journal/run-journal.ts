import type { JournalPage } from "../contract/host.ts";
import type { Entry } from "./entry.ts";
import { Ring } from "./ring.ts";

/** Entries of one page at most. */
export const pageSize = 256;
/** Bytes of one page from where no further entry comes into it: a reader holds its page while it waits. */
export const pageBytes = 512 * 1024;

/** What this process knows of one run: its numbering, its newest events, and who waits for more. */
export class RunJournal {
  readonly run: string;
  /** The last `seq` that another host wrote; 0 for a run that began here. */
  readonly after: number;
  readonly ring: Ring;
  /** The last `seq` given out. */
  appended: number;
  /** The last `seq` that readers may see. */
  published: number;
  /** The last `seq` that the store has accepted. */
  stored: number;
  /** False once the store refuses this run for good, or misses its first event. */
  storable = true;
  /** The store lacks events that memory dropped before it could take them. */
  holes = false;
  /** Another host has the run now: nothing of it is written here any more. */
  taken = false;
  /** The first event, kept while a store may still have to be given it. */
  head: Entry | undefined;
  /** `run-end` was appended. */
  ended = false;
  #waiters = new Set<() => void>();
  #tail: { readonly after: number; readonly page: JournalPage } | undefined;

  constructor(run: string, after: number) {
    this.run = run;
    this.after = after;
    this.ring = new Ring(after + 1);
    this.appended = after;
    this.published = after;
    this.stored = after;
  }

  /** Every event up to `run-end` may be read; nothing comes any more. */
  get finished(): boolean {
    return this.ended && this.published === this.appended;
  }

  publish(entry: Entry): void {
    this.ring.push(entry);
    this.published = entry.seq;
    this.#tail = undefined;
  }

  /** What the store lacks and memory still has, in order. The first event stands for the run, and is never left out. */
  missing(): Entry[] {
    if (this.stored + 1 >= this.ring.first) return this.ring.slice(this.stored, Number.POSITIVE_INFINITY);
    this.holes = true;
    const held = this.ring.slice(this.ring.first - 1, Number.POSITIVE_INFINITY);
    if (this.stored > 0) return held;
    if (this.head === undefined) this.storable = false;
    return this.head === undefined ? [] : [this.head, ...held];
  }

  /** The page after `after` when memory holds it. Followers at the same place share one page. */
  page(after: number): JournalPage | undefined {
    if (after >= this.published || after + 1 < this.ring.first) return undefined;
    if (this.#tail?.after === after) return this.#tail.page;
    const page: JournalPage = { kind: "events", entries: this.ring.slice(after, pageSize, pageBytes) };
    this.#tail = { after, page };
    return page;
  }

  /** Calls `wake` once when more was published or nothing will come any more. Returns how to take that back. */
  wait(wake: () => void): () => void {
    this.#waiters.add(wake);
    return () => this.#waiters.delete(wake);
  }

  wake(): void {
    if (this.#waiters.size === 0) return;
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const waiter of waiters) waiter();
  }
}

/** What memory has and the store lacks, by run. */
export function missedOf(runs: Iterable<RunJournal>): [RunJournal, Entry[]][] {
  const missed: [RunJournal, Entry[]][] = [];
  for (const run of runs) {
    if (!run.storable || run.stored === run.published) continue;
    const entries = run.missing();
    if (entries.length > 0) missed.push([run, entries]);
  }
  return missed;
}
