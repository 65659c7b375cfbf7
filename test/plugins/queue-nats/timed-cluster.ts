import { Presence, type PresenceOptions } from "../../../plugins/store-nats/presence.ts";
import { namesOf } from "../../../plugins/store-nats/streams.ts";

/** Time that goes by only in steps: what is due first comes next. So the same choices give the same world. */
export class SteppedTime {
  now = 0;
  readonly #due: { readonly at: number; readonly act: () => void }[] = [];

  in(milliseconds: number, act: () => void): void {
    this.#due.push({ at: this.now + Math.max(0, milliseconds), act });
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.in(milliseconds, resolve);
    });
  }

  /** Goes on until then. After each step code gets its turns of the event loop. */
  async until(end: number): Promise<void> {
    for (;;) {
      const next = this.#due.reduce(
        (best, { at }, index) => (at < (this.#due[best]?.at ?? Infinity) ? index : best),
        0,
      );
      const due = this.#due[next];
      if (due === undefined || due.at > end) break;
      this.#due.splice(next, 1);
      this.now = Math.max(this.now, due.at);
      due.act();
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    this.now = end;
  }
}

/** Faults of servers and links that a test plants, to see that they are found. */
export interface PlantedSilence {
  /** Servers without a leader say that they have kept a word. */
  readonly keepsNothing?: boolean;
  /** Nobody can ask for the last word of a host. */
  readonly forgetsWords?: boolean;
  /** A link that is cut takes so many times as long until it is used again. */
  readonly backAfter?: number;
}

interface Node {
  readonly id: string;
  readonly heard: (word: { subject: string; data: Uint8Array }) => void;
  readonly changed: (connected: boolean) => void;
}

/** Milliseconds: until a link that is cut is given up, for an attempt to connect again, and for an answer. */
const limits = { noticed: 3_000, connect: 1_300, answer: 5_000 };

/** Servers that pass on the words of hosts and keep the last ones, where they have a leader. */
export class WordServers {
  /** Times that the leader is missing now. */
  #leaderless = 0;
  /** Links that are cut, and hosts whose event loop is held: what goes there waits. */
  readonly cut = new Set<string>();
  readonly held = new Set<string>();
  readonly dead = new Set<string>();
  /** `FROM TO`: words that are lost between two servers now. */
  #deaf: readonly string[] = [];
  readonly #time: SteppedTime;
  readonly #latency: () => number;
  readonly #planted: PlantedSilence;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #nodes: Node[] = [];
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #connected = new Map<string, boolean>();

  constructor(time: SteppedTime, latency: () => number, planted: PlantedSilence) {
    this.#time = time;
    this.#latency = latency;
    this.#planted = planted;
  }

  /** What the code of a host uses of its link: it cannot tell it from the real one. */
  presenceOf(id: string): { readonly presence: Presence; confirm(host: string): Promise<void> } {
    const names = namesOf("sluice");
    let [heard, changed]: [Node["heard"], Node["changed"]] = [() => undefined, () => undefined];
    const servers = this;
    const link = {
      get connected() {
        return servers.#connected.get(id) !== false;
      },
      listen: (_: string, hear: Node["heard"]) => {
        heard = hear;
        return () => undefined;
      },
      onHeard: () => undefined,
      onChange: (listener: Node["changed"]) => {
        changed = listener;
        return () => undefined;
      },
      stream: { publish: (subject: string, word: string) => this.#publish(id, subject, Buffer.from(word)) },
    };
    const clock = {
      now: () => 0,
      sleep: async (milliseconds: number) => {
        await this.#time.sleep(milliseconds);
        await this.#free(id);
      },
    };
    const owner = { host: id, pid: 0, started: "" };
    const options = { link, clock, owner, names, silence: 7_000, about: () => ({}) };
    const presence = new Presence(options as unknown as PresenceOptions);
    this.#nodes.push({ id, heard: (word) => heard(word), changed: (connected) => changed(connected) });
    presence.start();
    const getMessage = (_: string, { last_by_subj }: { last_by_subj: string }) => this.#lastWord(id, last_by_subj);
    const manager = { streams: { getMessage } } as never;
    const confirm = async (host: string) => {
      if (presence.isSilent(host)) await presence.confirm(manager, host);
    };
    return { presence, confirm };
  }

  /** Cuts the link of a host; `length`: until it is mended. It is given up, and made anew, as the library does. */
  cutFor(id: string, length: number, tell: (linked: boolean) => void): void {
    const { backAfter = 1 } = this.#planted;
    this.cut.add(id);
    tell(false);
    // One that is not given up sends again after pauses that double.
    const back = backAfter * (length > limits.noticed ? length + limits.connect : Math.min(2 * length, limits.noticed));
    if (length > limits.noticed) this.#time.in(limits.noticed, () => this.#change(id, false));
    this.#time.in(back, () => {
      this.cut.delete(id);
      tell(true);
      this.#release(id);
      this.#change(id, true);
    });
  }

  /** Holds the event loop of a host. */
  holdFor(id: string, length: number): void {
    this.held.add(id);
    this.#time.in(length, () => {
      this.held.delete(id);
      this.#release(id);
    });
  }

  /** The servers have no leader, or lose words between hosts. */
  loseFor(length: number, { leader, pairs }: { readonly leader: boolean; readonly pairs: readonly string[] }): void {
    const count = leader ? 1 : 0;
    this.#leaderless += count;
    this.#deaf = [...this.#deaf, ...pairs];
    this.#time.in(length, () => {
      this.#leaderless -= count;
      for (const pair of pairs) this.#deaf = this.#deaf.toSpliced(this.#deaf.indexOf(pair), 1);
    });
  }

  async #publish(from: string, subject: string, data: Uint8Array): Promise<void> {
    if (this.#connected.get(from) === false) throw new Error("the connection is down");
    await this.#travel(from);
    for (const { id, heard } of this.#nodes) {
      if (!this.#deaf.includes(`${from} ${id}`)) void this.#travel(id).then(() => heard({ subject, data }));
    }
    if (this.#leaderless === 0) this.#kept.set(subject, data);
    else if (this.#planted.keepsNothing !== true) await this.#late();
    await this.#travel(from);
  }

  async #lastWord(asker: string, subject: string): Promise<unknown> {
    await this.#travel(asker);
    if (this.#leaderless > 0) await this.#late();
    const data = this.#planted.forgetsWords === true ? undefined : this.#kept.get(subject);
    await this.#travel(asker);
    return data === undefined ? null : { data };
  }

  async #late(): Promise<never> {
    await this.#time.sleep(limits.answer);
    throw new Error("no leader");
  }

  /** To or from a host. */
  async #travel(id: string): Promise<void> {
    await this.#time.sleep(this.#latency());
    await this.#free(id);
  }

  /** Waits while the host cannot be reached, or reads nothing. What waits keeps its order. */
  async #free(id: string): Promise<void> {
    while (this.cut.has(id) || this.held.has(id) || this.dead.has(id)) {
      await new Promise<void>((resolve) => {
        this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]);
      });
    }
  }

  #release(id: string): void {
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    for (const go of waiting) go();
  }

  #change(id: string, connected: boolean): void {
    if ((this.#connected.get(id) ?? true) === connected) return;
    this.#connected.set(id, connected);
    this.#nodes.find((node) => node.id === id)?.changed(connected);
  }
}
