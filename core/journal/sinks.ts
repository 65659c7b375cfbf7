import type { Sink } from "../contract/sink.ts";
import type { Clock } from "../contract/tokens.ts";
import type { HostBus } from "../host/bus.ts";
import { charactersIn } from "../kit/events/stamped-event.ts";
import { Entry } from "./entry.ts";
import type { Journals } from "./journal.ts";
import { eventSelector } from "./select.ts";
import { SinkFeed, type SinkLimits } from "./sink-feed.ts";

export interface SinksOptions {
  readonly bus: HostBus;
  readonly journals: Journals;
  readonly clock: Clock;
  readonly limits?: Partial<SinkLimits>;
}

export interface SinkAttachment {
  /** The instance's id. */
  readonly id: string;
  /** Globs as in `eventSelector`; everything when empty. */
  readonly select: readonly string[];
  /** The instance as it is now; throws while it is not running. What comes meanwhile waits in the queue. */
  readonly sink: () => Sink;
}

const defaultSinkLimits: SinkLimits = {
  entries: 10_000,
  bytes: 32 * 1024 * 1024,
  batch: 500,
  pause: 1_000,
  attempts: 4,
  retryPause: 250,
};

/** What a host event occupies beside the characters in its data. */
const hostEventOverhead = 512;

/**
 * Feeds every sink with what happens: host events from the bus, run events from the journal once readers may see them.
 * Each sink has a queue of its own, so that a slow one slows neither the host nor another sink.
 */
export class Sinks {
  readonly #options: SinksOptions;
  readonly #limits: SinkLimits;
  readonly #feeds = new Map<string, { readonly feed: SinkFeed; wants: ReturnType<typeof eventSelector> }>();
  readonly #quit: readonly (() => void)[];

  constructor(options: SinksOptions) {
    this.#options = options;
    this.#limits = { ...defaultSinkLimits, ...options.limits };
    this.#quit = [
      options.bus.listen((event) => {
        const size = hostEventOverhead + 2 * charactersIn(event.data);
        for (const { feed, wants } of this.#feeds.values()) if (wants(event)) feed.offer(event, size);
      }),
      options.journals.onAccepted((entries) => {
        for (const { feed, wants } of this.#feeds.values()) {
          for (const entry of entries) {
            if (wants(entry.event)) feed.offer(entry.event, entry instanceof Entry ? entry.size : hostEventOverhead);
          }
        }
      }),
    ];
  }

  attach({ id, select, sink }: SinkAttachment): void {
    const { bus, clock } = this.#options;
    const feed = new SinkFeed({
      sink,
      clock,
      limits: this.#limits,
      onDropped: (count, total) => {
        bus.emit("plugin-metric", id, { name: "sink-dropped", value: total });
        const message = `${id} does not keep up: ${count} entries were dropped, ${total} since the start.`;
        bus.emit("log", "core", { level: "warn", message, fields: { sink: id, dropped: count, total } });
      },
      onRefused: (error, count) => {
        if (error === undefined) {
          bus.emit("log", "core", { level: "info", message: `${id} takes entries again.`, fields: { sink: id } });
          return;
        }
        const message = `${id} refused ${count} entries.`;
        bus.emit("log", "core", { level: "error", message, fields: { sink: id, refused: count, error } });
      },
    });
    this.#feeds.set(id, { feed, wants: eventSelector(select) });
  }

  /** Keeps the queue of one that is known, unless it wants other events now. */
  attachIfNew({ id, select }: Pick<SinkAttachment, "id" | "select">, sink: () => Sink): void {
    const known = this.#feeds.get(id);
    if (known === undefined) this.attach({ id, select, sink });
    else known.wants = eventSelector(select);
  }

  /** Entries that wait for an instance, and those that were dropped since it was attached. */
  load(id: string): { waiting: number; dropped: number } {
    const feed = this.#feeds.get(id)?.feed;
    return { waiting: feed?.length ?? 0, dropped: feed?.dropped ?? 0 };
  }

  /** Hands over what waits for one sink and forgets it. */
  async detach(id: string, signal: AbortSignal): Promise<void> {
    const known = this.#feeds.get(id);
    await known?.feed.stop(signal);
    if (this.#feeds.get(id) === known) this.#feeds.delete(id);
  }

  /** Hands over everything that waits and flushes all sinks, side by side; what is not done at `signal` is dropped. */
  async stop(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#feeds.keys()].map((id) => this.detach(id, signal)));
    for (const quit of this.#quit) quit();
  }
}
