import type { JetStreamManager } from "@nats-io/jetstream";
import { type Clock, type HostOwner, SluiceError } from "../../core/contract/index.ts";
import { type HostWord, parseJsonObject } from "../../core/kit/index.ts";
import type { NatsLink } from "./link.ts";
import { type ClusterNames, messageOf } from "./streams.ts";

/**
 * Milliseconds between two words of a host, and after which its timer is late. `asleep`: without a word of our own, after
 * which nothing is said of others. `answer`: until a word counts as not kept. `time`: until the servers are asked for it again.
 */
const pauses = { beat: 1_000, late: 1_500, asleep: 3_000, answer: 5_000, time: 60_000 };

export interface PresenceOptions {
  readonly link: NatsLink;
  readonly clock: Clock;
  readonly owner: HostOwner;
  readonly names: ClusterNames;
  /** Milliseconds without a word after which a host counts as gone. */
  readonly silence: number;
  /** What a host tells of itself with each word. */
  readonly about: () => Readonly<Record<string, unknown>>;
}

/** What is known of another host. */
interface HostNews {
  /** Number of its last word. */
  beat: number;
  /** When that was heard, by a clock that only goes on. */
  at: number;
  about: Readonly<Record<string, unknown>>;
}

/**
 * Which hosts of the cluster live. Each says so every second, and how long ago that was is measured here, by a clock that
 * nobody sets. Silence counts only up to the last word of our own that a majority of the servers has kept: whoever cannot be
 * heard hears nobody. So this host finds nobody dead while it is cut off, slept, or has words to read. Nor does it while the
 * servers look for a leader.
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #known = new Map<string, HostNews>();
  readonly #stop = new AbortController();
  #release: readonly (() => void)[] = [];
  #beats = 0;
  /** What the servers' clock said, and when. */
  #time: { readonly time: number; readonly at: number } | undefined;
  #ticked = performance.now();
  /** Since when it hears what others say. */
  #since = Number.POSITIVE_INFINITY;
  #said = performance.now();
  /** When the newest word of our own was said that the servers have kept. */
  #proven = Number.NEGATIVE_INFINITY;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  start(): void {
    const { link, names } = this.#options;
    const deafen = link.listen(names.beat("*"), (message) => this.#hear(hostOf(message.subject), message.data));
    const changed = link.onChange((connected) => {
      if (!connected) return;
      this.#startAnew();
      // Others have waited for it.
      void this.#say();
    });
    // One that reads without a pause is alive, and comes to its timers late.
    link.onHeard(() => {
      if (performance.now() - this.#said > pauses.late) void this.#say();
    });
    this.#release = [deafen, changed];
    this.#since = performance.now();
    void this.#beat();
  }

  /** Hosts that live, with what each told of itself last. */
  get hosts(): readonly HostWord[] {
    const now = performance.now();
    const { owner, about } = this.#options;
    const others = [...this.#known].filter(([host]) => host !== owner.host && this.isAlive({ host }));
    return [
      { host: owner.host, about: about(), seen: 0 },
      ...others.map(([host, known]) => ({ host, about: known.about, seen: Math.round(now - known.at) })),
    ].toSorted((one, other) => (one.host < other.host ? -1 : 1));
  }

  /** It has listened for so long that every host that lives has been heard. */
  get knowsAll(): boolean {
    const { link, silence } = this.#options;
    const now = performance.now();
    return link.connected && now - this.#ticked <= pauses.asleep && this.#proven - this.#since >= silence;
  }

  /** A host of which nothing is known yet counts as alive until it has been silent long enough. */
  isAlive({ host }: Pick<HostOwner, "host">): boolean {
    const { link, owner, silence } = this.#options;
    if (host === owner.host || !link.connected) return true;
    return this.#proven - this.#newsOf(host).at < silence;
  }

  /** Nothing was heard of it for as long: whether it lives is to be found out. */
  isSilent(host: string): boolean {
    const { link, owner, silence } = this.#options;
    if (host === owner.host || !link.connected) return false;
    return performance.now() - this.#newsOf(host).at >= silence;
  }

  /**
   * Finds out whether a host that was not heard lives nevertheless. A word may not reach us where two servers do not see each
   * other: so its last one is looked for at the servers. A server that has lost the others may answer with an old one: so
   * they keep a word of our own first, which takes a majority.
   * @throws Error of NATS: nothing is known then, and the host counts as alive
   */
  async confirm(manager: JetStreamManager, host: string): Promise<void> {
    const { names } = this.#options;
    await this.#say(true);
    const last = await messageOf(manager, names.hosts, { last_by_subj: names.beat(host) });
    if (last !== undefined) this.#hear(host, last.data);
  }

  /** Milliseconds since 1970 by the servers, to a second or two: they stamp the last word of this host. */
  async serverTime(manager: JetStreamManager): Promise<number> {
    const known = this.#time;
    if (known !== undefined && performance.now() - known.at < pauses.time)
      return known.time + performance.now() - known.at;
    const { names, owner } = this.#options;
    const last = await messageOf(manager, names.hosts, { last_by_subj: names.beat(owner.host) });
    if (last === undefined)
      throw new SluiceError("SLUICE_STORE_FAILED", "the servers do not have a word of this host yet");
    this.#time = { time: last.time.getTime(), at: performance.now() };
    return this.#time.time;
  }

  stop(): void {
    this.#stop.abort();
    for (const release of this.#release) release();
    this.#release = [];
  }

  #hear(host: string, data: Uint8Array): void {
    try {
      const { beat, ...about } = parseJsonObject(Buffer.from(data).toString(), { from: "a host of the cluster" });
      const known = this.#known.get(host);
      if (typeof beat !== "number" || (known !== undefined && beat <= known.beat)) return;
      this.#known.set(host, { beat, at: performance.now(), about });
    } catch (error) {
      // What is no word of a host says nothing of it.
      if (!SluiceError.is(error)) throw error;
    }
  }

  #startAnew(): void {
    const now = performance.now();
    this.#ticked = now;
    this.#since = now;
    for (const known of this.#known.values()) known.at = now;
  }

  #newsOf(host: string): HostNews {
    const now = performance.now();
    // Words of others may wait to be read.
    if (now - this.#ticked > pauses.asleep) this.#startAnew();
    const known = this.#known.get(host) ?? { beat: 0, at: now, about: {} };
    this.#known.set(host, known);
    return known;
  }

  async #beat(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      if (performance.now() - this.#ticked > pauses.asleep) this.#startAnew();
      this.#ticked = performance.now();
      void this.#say();
      await clock.sleep(pauses.beat, this.#stop.signal).catch(() => undefined);
    }
  }

  /** Says that this host lives. Resolves when the servers have kept that. `heed`: rejects where they do not. */
  async #say(heed = false): Promise<void> {
    const { link, owner, names, about } = this.#options;
    const at = performance.now();
    this.#said = at;
    this.#beats += 1;
    try {
      const word = JSON.stringify({ beat: this.#beats, ...about() });
      await link.stream.publish(names.beat(owner.host), word, { timeout: pauses.answer, retries: 0 });
      // Nor have they kept the words of others meanwhile.
      if (at - this.#proven > pauses.asleep) this.#startAnew();
      this.#proven = Math.max(this.#proven, at);
    } catch (error) {
      // It was heard all the same, perhaps. Until one is kept, no silence counts.
      if (heed) throw error;
    }
  }
}

function hostOf(subject: string): string {
  return subject.split(".").at(-1) ?? "";
}
