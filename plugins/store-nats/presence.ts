import type { JetStreamManager } from "@nats-io/jetstream";
import { type Clock, type HostOwner, SluiceError } from "../../core/contract/index.ts";
import { parseJsonObject } from "../../core/kit/index.ts";
import type { NatsLink } from "./link.ts";
import { type ClusterNames, messageOf } from "./streams.ts";

/** Milliseconds between two words of a host, and without one of our own after which nothing is said of others. */
const pauses = { beat: 1_000, asleep: 3_000 };

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
 * nobody sets. While this host is cut off, or slept itself, it finds nobody dead.
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #known = new Map<string, HostNews>();
  readonly #stop = new AbortController();
  #release: readonly (() => void)[] = [];
  #beats = 0;
  #ticked = performance.now();

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  start(): void {
    const { link, names } = this.#options;
    const subscription = link.connection.subscribe(names.beat("*"), {
      callback: (error, message) => {
        if (error === null) this.#hear(hostOf(message.subject), message.data);
      },
    });
    const changed = link.onChange((connected) => {
      if (connected) this.#startAnew();
    });
    this.#release = [() => subscription.unsubscribe(), changed];
    void this.#beat();
  }

  /** Hosts that live, with what each told of itself last. */
  get hosts(): readonly { readonly host: string; readonly about: Readonly<Record<string, unknown>> }[] {
    const { owner, about } = this.#options;
    const others = [...this.#known].filter(([host]) => host !== owner.host && this.isAlive({ host }));
    return [
      { host: owner.host, about: about() },
      ...others.map(([host, known]) => ({ host, about: known.about })),
    ].toSorted((one, other) => (one.host < other.host ? -1 : 1));
  }

  /** A host of which nothing is known yet counts as alive until it has been silent long enough. */
  isAlive({ host }: Pick<HostOwner, "host">): boolean {
    const { link, owner, silence } = this.#options;
    const now = performance.now();
    // Words of others may wait to be read.
    if (now - this.#ticked > pauses.asleep) this.#startAnew();
    if (host === owner.host || !link.connected) return true;
    const known = this.#known.get(host);
    if (known === undefined) this.#known.set(host, { beat: 0, at: now, about: {} });
    return known === undefined || now - known.at < silence;
  }

  /**
   * Looks at the servers whether a host that was not heard has said something nevertheless: a word may not reach us
   * where two servers do not see each other.
   */
  async confirm(manager: JetStreamManager, host: string): Promise<void> {
    const { names } = this.#options;
    const last = await messageOf(manager, names.hosts, { last_by_subj: names.beat(host) });
    if (last !== undefined) this.#hear(host, last.data);
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
    for (const known of this.#known.values()) known.at = now;
  }

  async #beat(): Promise<void> {
    const { link, clock, owner, names, about } = this.#options;
    while (!this.#stop.signal.aborted) {
      if (performance.now() - this.#ticked > pauses.asleep) this.#startAnew();
      this.#ticked = performance.now();
      this.#beats += 1;
      if (link.connected) {
        link.connection.publish(names.beat(owner.host), JSON.stringify({ beat: this.#beats, ...about() }));
      }
      await clock.sleep(pauses.beat, this.#stop.signal).catch(() => undefined);
    }
  }
}

function hostOf(subject: string): string {
  return subject.split(".").at(-1) ?? "";
}
