import type { HostEvent, RunEvent } from "../../contract/event.ts";
import type { FeedEntry, FeedPage, HostFeed } from "../../contract/operation.ts";
import type { Permit } from "./permit.ts";

type Event = HostEvent | RunEvent;

/** The feed without what its reader may not see: events of others' runs, and who else is there. */
export class FeedView implements HostFeed {
  readonly #feed: HostFeed;
  readonly #permit: Permit;
  readonly #ownerOf: (event: Event) => string | undefined;

  /** `ownerOf` tells whose run an event is of, as far as the host still knows it. */
  constructor(feed: HostFeed, permit: Permit, ownerOf: (event: Event) => string | undefined) {
    this.#feed = feed;
    this.#permit = permit;
    this.#ownerOf = ownerOf;
  }

  get last(): number {
    return this.#feed.last;
  }

  get first(): number {
    return this.#feed.first;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#feed.counts;
  }

  get latest(): ReadonlyMap<string, Event> {
    return new Map([...this.#feed.latest].filter(([, event]) => this.shows(event, this.#ownerOf(event))));
  }

  get retained(): readonly HostEvent[] {
    return this.#feed.retained.filter((event) => this.shows(event, this.#ownerOf(event)));
  }

  read(after: number, limit: number, accepts: (event: Event) => boolean = () => true): FeedPage {
    const shown = (event: Event, owner?: string) => this.shows(event, owner) && accepts(event);
    const page = this.#feed.read(after, limit, shown);
    return { ...page, entries: page.entries.map(withoutOwner) };
  }

  get(seq: number): FeedEntry | undefined {
    const entry = this.#feed.get(seq);
    return entry === undefined || !this.shows(entry.event, entry.owner) ? undefined : withoutOwner(entry);
  }

  listen(listener: (event: Event) => void): () => void {
    return this.#feed.listen((event) => {
      if (this.shows(event, this.#ownerOf(event))) listener(event);
    });
  }

  onAdded(listener: () => void): () => void {
    return this.#feed.onAdded(listener);
  }

  /** Whether the reader may see an event of a run or session of `owner`. */
  shows(event: Event, owner: string | undefined): boolean {
    if (event.type === "audit" || event.type === "connection-status") return this.#permit.allows("feed.people");
    if (!tellsOfRun(event)) return true;
    return this.#permit.allows("feed.read", this.#permit.standingOfRun(owner));
  }
}

/** Whether an event belongs to a run or a session, and so to somebody or to nobody. */
function tellsOfRun(event: Event): boolean {
  if ("run" in event) return true;
  if (event.type === "log") return event.data.run !== undefined;
  return event.type === "sandbox-status" && event.data.session !== undefined;
}

function withoutOwner({ owner: _owner, ...entry }: FeedEntry): FeedEntry {
  return entry;
}
