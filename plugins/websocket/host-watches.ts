import { eventFilter, type ServerFrames } from "../../core/client/index.ts";
import type { FeedPage, HostApi } from "../../core/contract/index.ts";
import { cutTexts } from "./cut-texts.ts";
import type { IncomingFrame } from "./frames.ts";
import type { Outbox } from "./outbox.ts";
import { Pulse } from "./pulse.ts";

type WatchFrame = Extract<IncomingFrame, { t: "watch" }>;
type Entry = ServerFrames["host"]["entries"][number];

/** Most entries of one frame, and milliseconds between two frames. */
const pace = { entries: 50, pause: 50 };
/** Entries that may wait before all but the newest are left out, which is said. */
const mostBehind = 1_000;
/** Milliseconds between two pulses. */
const pulsePause = 1_000;
/** Watches of one connection. */
const mostWatches = 32;

/** The watches of one connection. Each has a cursor in the host's feed and no queue: a slow one costs nothing. */
export class HostSubscriptions {
  readonly #outbox: Outbox;
  readonly #watches = new Map<string, HostWatch>();

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  begin(host: HostApi, frame: WatchFrame): void {
    this.end(frame.watch);
    if (this.#watches.size >= mostWatches) this.end(this.#watches.keys().next().value ?? "");
    this.#watches.set(frame.watch, new HostWatch(host, frame, this.#outbox));
  }

  end(name: string): void {
    this.#watches.get(name)?.dispose();
    this.#watches.delete(name);
  }

  dispose(): void {
    for (const name of [...this.#watches.keys()]) this.end(name);
  }
}

class HostWatch {
  readonly #host: HostApi;
  readonly #name: string;
  readonly #accepts: ReturnType<typeof eventFilter>;
  readonly #outbox: Outbox;
  readonly #pulse: Pulse | undefined;
  readonly #pulseTimer: NodeJS.Timeout | undefined;
  readonly #forget: () => void;
  #forgetDrain: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #cursor: number;
  #missing = 0;
  /** Entries behind the cursor that the filter lets through, those that have left memory included. */
  #wanted = 0;
  #over = false;

  constructor(host: HostApi, frame: WatchFrame, outbox: Outbox) {
    const { feed } = host;
    this.#host = host;
    this.#name = frame.watch;
    this.#outbox = outbox;
    this.#accepts = eventFilter(frame.filter ?? {});
    this.#cursor = Math.min(frame.after ?? feed.last, feed.last);
    if (frame.after === undefined) this.#sendHistory(frame.history ?? 0);
    const { entries, missing } = feed.read(this.#cursor, Number.POSITIVE_INFINITY, this.#accepts);
    // What had gone before anybody asked is known by its number alone.
    this.#missing = missing;
    this.#wanted = entries.length;
    this.#forget = feed.onAdded(() => this.#added());
    if (this.#cursor < feed.last) this.#schedule();
    if (frame.pulse !== true) return;
    this.#pulse = new Pulse(host);
    this.#sendPulse();
    this.#pulseTimer = setInterval(() => this.#sendPulse(), pulsePause);
    this.#pulseTimer.unref();
  }

  dispose(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    clearInterval(this.#pulseTimer);
    this.#pulse?.dispose();
    this.#forget();
    this.#forgetDrain();
  }

  /** The past at once: it is asked for once, and bounded. That there is none is an answer too. */
  #sendHistory(wanted: number): void {
    if (wanted === 0) return;
    const { feed } = this.#host;
    const { entries } = feed.read(0, Number.POSITIVE_INFINITY, this.#accepts);
    const newest = entries.slice(-wanted);
    if (newest.length === 0) this.#send([], this.#cursor);
    for (let at = 0; at < newest.length; at += 500) this.#send(newest.slice(at, at + 500), this.#cursor);
  }

  #added(): void {
    const newest = this.#host.feed.get(this.#host.feed.last);
    if (newest !== undefined && this.#accepts(newest.event)) this.#wanted += 1;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#over) return;
    this.#timer = setTimeout(() => this.#tick(), pace.pause);
    this.#timer.unref();
  }

  #tick(): void {
    this.#timer = undefined;
    if (this.#over) return;
    if (this.#outbox.congested) {
      this.#forgetDrain = this.#outbox.whenDrained(() => this.#schedule());
      return;
    }
    const { feed } = this.#host;
    let { entries, next } = feed.read(this.#cursor, Number.POSITIVE_INFINITY, this.#accepts);
    // Counted are those that its filter wants, and no others: what has left memory, and what is left out.
    this.#missing += this.#wanted - entries.length;
    if (entries.length > mostBehind) {
      this.#missing += entries.length - pace.entries;
      entries = entries.slice(-pace.entries);
      this.#wanted = 0;
    } else if (entries.length > pace.entries) {
      this.#wanted = entries.length - pace.entries;
      entries = entries.slice(0, pace.entries);
      next = entries.at(-1)?.seq ?? next;
    } else this.#wanted = 0;
    this.#cursor = next;
    if (entries.length > 0 || this.#missing > 0) this.#send(entries, next);
    if (this.#cursor < feed.last) this.#schedule();
  }

  #send(entries: FeedPage["entries"], last: number): void {
    const missing = this.#missing;
    this.#missing = 0;
    this.#outbox.send({
      t: "host",
      watch: this.#name,
      last,
      entries: entries.map(({ seq, event }): Entry => {
        const { value, cut } = cutTexts(event);
        return { seq, ...(cut ? { cut } : {}), event: value as unknown as Entry["event"] };
      }),
      ...(missing > 0 ? { missing } : {}),
    });
  }

  #sendPulse(): void {
    if (this.#over || this.#pulse === undefined || this.#outbox.congested) return;
    this.#outbox.send({
      t: "host",
      watch: this.#name,
      last: this.#cursor,
      entries: [],
      pulse: this.#pulse.take(),
    });
  }
}
