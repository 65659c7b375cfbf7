import type { HostEvent, RunEvent } from "../contract/event.ts";
import type { FeedEntry, FeedPage, HostFeed } from "../contract/operation.ts";
import { firstToGo } from "../kit/first-to-go.ts";

type Event = HostEvent | RunEvent;

export interface FeedLimits {
  /** Entries kept. Default 10,000. */
  readonly entries: number;
  /** Bytes they may take; the newest one stays however large it is. Default 32 MiB. */
  readonly bytes: number;
}

const defaultLimits: FeedLimits = { entries: 10_000, bytes: 32 * 1024 * 1024 };

/** What a run streams: counted, but not kept; one run alone would push everything else out. */
const streamed = new Set<string>([
  ...["text-start", "text-delta", "text-end", "reasoning-delta", "code-start", "code-delta", "code-end"],
  ...["exec-stdout", "exec-stderr", "exec-result"],
]);

/** The newest entries of everything, in a ring. */
export class FeedRing implements HostFeed {
  readonly counts = new Map<string, number>();
  readonly latest = new Map<string, Event>();
  readonly #limits: FeedLimits;
  readonly #retained = new Map<string, HostEvent>();
  readonly #listeners = new Set<() => void>();
  readonly #eventListeners = new Set<(event: Event) => void>();
  /** By `seq` modulo its length; a place before `#first` is empty. */
  readonly #ring: ({ readonly entry: FeedEntry; readonly size: number } | undefined)[];
  #first = 1;
  #last = 0;
  #bytes = 0;

  constructor(limits: Partial<FeedLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#ring = new Array(this.#limits.entries);
  }

  get last(): number {
    return this.#last;
  }

  get first(): number {
    return this.#first;
  }

  get retained(): readonly HostEvent[] {
    return [...this.#retained.values()];
  }

  /** `owner`: whose run or session it tells of. */
  push(event: Event, owner?: string): void {
    const name = `${event.source}.${event.type}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.latest.set(name, event);
    for (const listener of this.#eventListeners) listener(event);
    if (streamed.has(event.type)) return;
    this.#retain(event);
    const size = sizeOf(event);
    this.#last += 1;
    this.#bytes += size;
    while (
      this.#first < this.#last &&
      (this.#last - this.#first >= this.#limits.entries || this.#bytes > this.#limits.bytes)
    ) {
      this.#bytes -= this.#ring[this.#first % this.#ring.length]?.size ?? 0;
      this.#ring[this.#first % this.#ring.length] = undefined;
      this.#first += 1;
    }
    this.#ring[this.#last % this.#ring.length] = {
      entry: { seq: this.#last, event, ...(owner === undefined ? {} : { owner }) },
      size,
    };
    for (const listener of this.#listeners) listener();
  }

  read(after: number, limit: number, accepts: (event: Event, owner?: string) => boolean = () => true): FeedPage {
    const entries: FeedEntry[] = [];
    let next = Math.min(Math.max(after, this.#first - 1), this.#last);
    const missing = after < this.#first - 1 ? this.#first - 1 - after : 0;
    while (next < this.#last && entries.length < limit) {
      next += 1;
      const entry = this.get(next);
      if (entry !== undefined && accepts(entry.event, entry.owner)) entries.push(entry);
    }
    return { entries, next, missing };
  }

  get(seq: number): FeedEntry | undefined {
    return seq < this.#first || seq > this.#last ? undefined : this.#ring[seq % this.#ring.length]?.entry;
  }

  listen(listener: (event: Event) => void): () => void {
    const own = (event: Event) => listener(event);
    this.#eventListeners.add(own);
    return () => this.#eventListeners.delete(own);
  }

  onAdded(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  #retain(event: Event): void {
    let key: string;
    if (event.type === "plugin-metric") key = `metric ${event.source} ${event.data.name}`;
    else if (event.type === "sandbox-status") key = `sandbox ${event.data.container}`;
    else if (event.type === "connection-status") key = `connection ${event.data.connection}`;
    else return;
    // The newest goes to the end, so that what is dropped is what has not changed for longest.
    this.#retained.delete(key);
    if (event.type === "connection-status" && event.data.status === "closed") return;
    this.#retained.set(key, event);
    // Whoever opens many of one kind hides none of the others.
    if (this.#retained.size > 1_000) this.#retained.delete(firstToGo(this.#retained, ({ type }) => type) ?? key);
  }
}

/** About what an event takes in memory: its strings, and a fixed part. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length + 16;
  if (typeof value !== "object" || value === null) return 16;
  let total = 64;
  for (const key in value) total += sizeOf((value as Record<string, unknown>)[key]);
  return total;
}
