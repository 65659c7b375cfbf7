import type { DeliveryPolicy } from "../config/plan.ts";
import { textOfThrown } from "../contract/errors.ts";
import type { HostEvent, HostEventData } from "../contract/event.ts";
import type { Sink, SinkEntry } from "../contract/sink.ts";
import type { Clock } from "../contract/tokens.ts";
import { charactersIn } from "../kit/events/stamped-event.ts";
import { plural } from "../kit/text/plural.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Entry } from "./entry.ts";
import type { Journals } from "./journal.ts";
import { eventSelector } from "./select.ts";
import { type SinkCounts, SinkFeed, type SinkLimits } from "./sink-feed.ts";

/** Where events of the host are heard, and told. */
interface HostNotices {
  listen(listener: (event: HostEvent) => void): () => void;
  emit<Type extends HostEvent["type"]>(type: Type, source: string, data: HostEventData[Type]): void;
}

export interface SinksOptions {
  readonly bus: HostNotices;
  readonly journals: Journals;
  readonly clock: Clock;
  readonly limits?: Partial<SinkLimits>;
  /** Takes secrets out of the reasons that dead letters tell. */
  readonly mask?: (text: string) => string;
  /** A sink refuses entries, and what became of them, or takes them again (undefined). */
  readonly onRefusing?: (id: string, reason: string | undefined) => void;
}

/** What the profile says of a sink. */
interface SinkPlan {
  /** The instance's id. */
  readonly id: string;
  /** Globs as in `eventSelector`; everything when empty. */
  readonly select: readonly string[];
  readonly deliver?: DeliveryPolicy;
}

export interface SinkAttachment extends SinkPlan {
  /**
   * The instance as it is now; undefined while it starts. Throws while it is not running. What comes meanwhile waits in the
   * queue.
   */
  readonly sink: () => Sink | undefined;
}

interface FeedOfSink {
  readonly feed: SinkFeed;
  wants: ReturnType<typeof eventSelector>;
  deliver: DeliveryPolicy;
  /** Why it refuses what it is offered. */
  refusal?: string | undefined;
}

const defaultSinkLimits: SinkLimits = { entries: 10_000, bytes: 32 * 1024 * 1024, batch: 500, pause: 1_000 };
const defaultDelivery: DeliveryPolicy = { attempts: 4, backoff: 250 };

/** What a host event occupies beside the characters in its data. */
const hostEventOverhead = 512;

/**
 * Feeds every sink with what happens: host events from the bus, run events from the journal once readers may see them.
 * Each sink has a queue of its own, so that a slow one slows neither the host nor another sink.
 */
export class Sinks {
  readonly #options: SinksOptions;
  readonly #limits: SinkLimits;
  readonly #feeds = new Map<string, FeedOfSink>();
  readonly #quit: readonly (() => void)[];
  readonly #deadLetters: DeadLetters;

  constructor(options: SinksOptions) {
    this.#options = options;
    this.#limits = { ...defaultSinkLimits, ...options.limits };
    const { bus, journals, clock, mask = (text) => text } = options;
    this.#deadLetters = new DeadLetters({
      ...{ now: () => clock.now(), mask },
      offer: (id, event) => this.#feeds.get(id)?.feed.offer(event, sizeOf(event)) ?? false,
      onFault: (id, message) => bus.emit("log", "core", { level: "error", message, fields: { sink: id } }),
    });
    this.#quit = [
      bus.listen((event) => {
        const size = sizeOf(event);
        for (const [id, { feed, wants }] of this.#feeds) {
          if (wants(event) && !(feed.refusing && tellsOf(event, id))) feed.offer(event, size);
        }
        if (event.type === "plugin-status") this.#feeds.get(event.source)?.feed.wake();
      }),
      journals.onAccepted((entries) => {
        for (const { feed, wants } of this.#feeds.values()) {
          for (const entry of entries) {
            if (wants(entry.event)) feed.offer(entry.event, entry instanceof Entry ? entry.size : hostEventOverhead);
          }
        }
      }),
    ];
  }

  attach({ id, select, deliver = defaultDelivery, sink }: SinkAttachment): void {
    const { clock } = this.#options;
    const feed = new SinkFeed({
      ...{ sink, clock, limits: this.#limits },
      deliver: () => attached.deliver,
      bury: async (entries, why) => {
        const { deadLetter } = attached.deliver;
        return deadLetter === undefined ? 0 : this.#deadLetters.keep(id, deadLetter, entries, why);
      },
      onLost: (count) => this.#sayLost(id, attached, count),
      onRefused: (error, count) => this.#sayRefused(id, attached, error, count),
    });
    const attached: FeedOfSink = { feed, deliver, wants: eventSelector(select) };
    this.#feeds.set(id, attached);
  }

  /** Keeps the queue of one that is known, which goes by the new plan from now on. */
  attachIfNew({ id, select, deliver = defaultDelivery }: SinkPlan, sink: SinkAttachment["sink"]): void {
    const known = this.#feeds.get(id);
    if (known === undefined) this.attach({ id, select, deliver, sink });
    else Object.assign(known, { deliver, wants: eventSelector(select) });
  }

  /** Entries that wait for an instance, and what became of others since it was attached. */
  load(id: string): SinkCounts {
    return this.#feeds.get(id)?.feed.counts ?? { sent: 0, accepted: 0, waiting: 0, dropped: 0, dead: 0 };
  }

  /** Hands over what waits for one sink and forgets it. */
  async detach(id: string, signal: AbortSignal): Promise<void> {
    const known = this.#feeds.get(id);
    await known?.feed.stop(signal);
    if (this.#feeds.get(id) === known) this.#feeds.delete(id);
  }

  /**
   * Hands over everything that waits and flushes all sinks; what is not done at `signal` is refused for good. Side by
   * side, but for those that take what others refuse: they end after these.
   */
  async stop(signal: AbortSignal): Promise<void> {
    for (let left = [...this.#feeds]; left.length > 0; left = [...this.#feeds]) {
      const targets = new Set(left.map(([, { deliver }]) => sinkOf(deliver)));
      const free = left.filter(([id]) => !targets.has(id));
      await Promise.all((free.length > 0 ? free : left).map(([id]) => this.detach(id, signal)));
    }
    for (const quit of this.#quit) quit();
  }

  #sayLost(id: string, attached: FeedOfSink, { dropped, dead }: { readonly dropped: number; readonly dead: number }) {
    const { bus, onRefusing } = this.#options;
    const { counts } = attached.feed;
    const say = (message: string, fields: Record<string, unknown>) =>
      bus.emit("log", "core", { level: "warn", message, fields: { sink: id, ...fields } });
    if (dropped > 0) {
      bus.emit("plugin-metric", id, { name: "sink-dropped", value: counts.dropped });
      say(
        `${id} does not keep up: ${plural(dropped, "entry was", "entries were")} dropped, ${counts.dropped} since the start.`,
        {
          ...{ dropped, total: counts.dropped },
        },
      );
    }
    if (dead > 0) {
      bus.emit("plugin-metric", id, { name: "sink-dead", value: counts.dead });
      say(
        `${plural(dead, "entry", "entries")} that ${id} refused went to ${placeOf(attached.deliver)}, ${counts.dead} since the start.`,
        {
          ...{ dead, total: counts.dead },
        },
      );
    }
    if (attached.refusal !== undefined) onRefusing?.(id, reasonOf(attached));
  }

  #sayRefused(id: string, attached: FeedOfSink, error: unknown, count: number): void {
    const { bus, onRefusing } = this.#options;
    const fields = { sink: id };
    if (error === undefined) {
      attached.refusal = undefined;
      bus.emit("log", "core", { level: "info", message: `${id} takes entries again.`, fields });
      onRefusing?.(id, undefined);
      return;
    }
    attached.refusal = textOfThrown(error);
    const message = `${id} refused ${plural(count, "entry", "entries")}.`;
    bus.emit("log", "core", { level: "error", message, fields: { ...fields, refused: count, error } });
    onRefusing?.(id, reasonOf(attached));
  }
}

function sizeOf({ data }: Pick<SinkEntry, "data">): number {
  return hostEventOverhead + 2 * charactersIn(data);
}

/** What the host says of the trouble that a sink has: it would refuse that as well, and that would be said, for ever. */
function tellsOf({ type, source, data }: SinkEntry, id: string): boolean {
  if (type === "log") return source === "core" && (data as { fields?: { sink?: unknown } }).fields?.sink === id;
  return source === id && (type === "plugin-metric" || type === "plugin-status");
}

function sinkOf({ deadLetter }: DeliveryPolicy): string | undefined {
  return deadLetter !== undefined && "sink" in deadLetter ? deadLetter.sink : undefined;
}

function placeOf({ deadLetter }: DeliveryPolicy): string {
  if (deadLetter === undefined) return "nowhere";
  return "sink" in deadLetter ? deadLetter.sink : deadLetter.file;
}

/** `refuses entries: the disk is full (120 dropped, 40 dead in ./dead.ndjson)`. */
function reasonOf({ refusal, feed, deliver }: FeedOfSink): string {
  const { dropped, dead } = feed.counts;
  const lost = [
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
    ...(dead > 0 ? [`${dead} dead in ${placeOf(deliver)}`] : []),
  ];
  return `refuses entries: ${refusal}${lost.length === 0 ? "" : ` (${lost.join(", ")})`}`;
}
