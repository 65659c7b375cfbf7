import {
  type Clock,
  type ClusterHost,
  type LeftRun,
  type Logger,
  type QueuedRun,
  type QueueHost,
  type QueueQuestion,
  type RunQueue,
  type SharedValues,
  SluiceError,
} from "../../core/contract/index.ts";
import { type ClusterLink, mayRepeat, parseJsonObject, takeover, type WorkItem } from "../../core/kit/index.ts";
import { errorOf, itemOf, questionOf, toldOf } from "./heard.ts";
import { HeldSessions } from "./held-sessions.ts";
import { persist } from "./persist.ts";
import { Turns } from "./turns.ts";

export interface ClusterQueueOptions {
  readonly link: ClusterLink;
  readonly host: QueueHost;
  readonly clock: Clock;
  readonly log: Logger;
  readonly name: string;
  /** Absent: as many as the host has room for. */
  readonly capacity?: number;
  readonly waiting: number;
}

/** Milliseconds: between looks at the queue where nobody says anything, before a run is looked at again, for an answer. */
const pauses = { look: 1_000, again: 1_500, answer: 20_000 };
/** Runs at once of a host whose profile bounds nothing. */
const unbounded = 8;
const cure = "See whether it is up and reaches its servers; a host that is gone is forgotten after some seconds.";
/** Part of the silence after which a host is gone, in which an item is worked at. */
const beatsPerSilence = 3;

/**
 * Takes runs from the queue while there is room, and gives runs to it. What an item says is a wish: whether a run may still
 * begin is said by its journal alone. So an item that comes twice is executed once.
 */
export class ClusterQueue implements RunQueue {
  readonly #options: ClusterQueueOptions;
  readonly #stop = new AbortController();
  readonly #turns = new Turns();
  /** Runs of the queue that this host has. */
  readonly #running = new Set<string>();
  /** Items that it has, those that it has only begun to look at included. */
  #taken = 0;
  readonly sessions: HeldSessions;
  readonly values: SharedValues;
  /** How it stops to answer for the runs that are here. */
  readonly #served = new Set<() => void>();
  #draining = false;
  #release: readonly (() => void)[] = [];
  #wake: (() => void) | undefined;
  #pulling: Promise<void> = Promise.resolve();

  constructor(options: ClusterQueueOptions) {
    this.#options = options;
    this.sessions = new HeldSessions(options, this.#stop.signal);
    this.values = { change: (key, change, { patient = false } = {}) => options.link.change(key, change, patient) };
  }

  async start(): Promise<void> {
    const { link, waiting } = this.#options;
    await link.openQueue(waiting);
    const pushed = link.onPushed((place) => {
      this.#turns.know(place);
      this.#wake?.();
    });
    this.#release = [pushed, link.answer(`host.${link.host}`, (question) => this.#answer(question))];
    link.tell(() => this.#about());
    this.#pulling = this.#pull();
    void this.sessions.watch();
  }

  async submit(item: QueuedRun): Promise<void> {
    const place = { priority: item.priority, client: item.client };
    const { link, clock } = this.#options;
    await persist(() => link.push(place, item.run, encode(item)), { link, clock, signal: this.#stop.signal });
  }

  async find(run: string): Promise<QueuedRun | undefined> {
    const data = await this.#options.link.find(run);
    return data && itemOf(data);
  }

  async repeats(run: string): Promise<boolean> {
    const item = await this.find(run);
    if (item === undefined) return false;
    return mayRepeat((await this.#options.link.standingOf(run)).attempt, item.attempts ?? 1);
  }

  async ask(question: QueueQuestion, limit = pauses.answer): Promise<unknown> {
    const { link } = this.#options;
    if (!link.connected) throw new SluiceError("SLUICE_HOST_CUT_OFF", "no other host can be asked");
    const { run, host } = question;
    const answer = await link.ask(host === undefined ? `run.${run}` : `host.${host}`, encode(question), limit);
    if (answer === undefined && host === undefined) {
      throw new SluiceError("SLUICE_RUN_NOT_FOUND", `no host answers for the run ${run}`);
    }
    if (answer === undefined)
      throw new SluiceError("SLUICE_HOST_UNAVAILABLE", `the host ${host} cannot be reached`, { cure });
    const { value, error } = parseJsonObject(Buffer.from(answer).toString(), { from: "a host of the cluster" });
    if (error !== undefined) throw errorOf(error);
    return value;
  }

  serve(run: string): () => void {
    const release = this.#options.link.answer(`run.${run}`, (question) => this.#answer(question));
    this.#served.add(release);
    return () => {
      this.#served.delete(release);
      release();
    };
  }

  get hosts(): readonly ClusterHost[] {
    const { link } = this.#options;
    return link.hosts.map(({ host, about, seen }) => ({
      host,
      ...toldOf(host, about),
      own: host === link.host,
      seen,
    }));
  }

  waiting(): Promise<number> {
    return this.#options.link.waiting();
  }

  /** Takes nothing more; what it has goes on. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#wake?.();
    await this.#pulling;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
    this.#stop.abort();
    for (const release of this.#release) release();
    for (const release of this.#served) release();
    this.#release = [];
  }

  #about(): Readonly<Record<string, unknown>> {
    const { name } = this.#options;
    const { about } = this.#options.host;
    return { ...about(), name, ...this.#capacity(), running: this.#running.size, draining: this.#draining };
  }

  /** Pools, limits and flows may change while it runs. */
  #capacity(): { readonly capacity: number; readonly bound?: string } {
    const { capacity, host } = this.#options;
    if (capacity !== undefined) return { capacity };
    const room = host.room();
    return room === undefined ? { capacity: unbounded } : { capacity: room.runs, bound: room.bound };
  }

  async #pull(): Promise<void> {
    const { link, log } = this.#options;
    let looked = Number.NEGATIVE_INFINITY;
    while (!this.#draining && this.#options.capacity !== 0) {
      let found = false;
      try {
        if (performance.now() - looked > pauses.look) {
          this.#turns.knowAll(await link.places());
          looked = performance.now();
        }
        found = await this.#takeOne();
      } catch (error) {
        log.debug("the queue cannot be asked", { error });
      }
      if (!found) await this.#pause();
    }
  }

  /** One item of the client whose turn it is; false where there is none, or no room. */
  async #takeOne(): Promise<boolean> {
    const { link } = this.#options;
    if (!link.connected || this.#taken >= this.#capacity().capacity) return false;
    for (const place of this.#turns.order()) {
      const item = await link.pull(place);
      if (item === undefined) continue;
      this.#turns.took(place);
      this.#taken += 1;
      void this.#work(item).finally(() => {
        this.#taken -= 1;
        this.#turns.gave(place);
        this.#wake?.();
      });
      return true;
    }
    return false;
  }

  async #pause(): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#options.clock.sleep(pauses.look, woken.signal).catch(() => undefined);
    this.#wake = undefined;
  }

  async #work(item: WorkItem): Promise<void> {
    const { link, log } = this.#options;
    try {
      const run = itemOf(item.data);
      // It would come back for ever. Whoever gave a run that is gone ends it.
      if (run === undefined) {
        log.warn("an item of the queue is no run, and is left out");
        return await item.done();
      }
      const left = await link.standingOf(run.run);
      const head = left.standing === "new" ? undefined : { ...left, end: left.standing === "ended" };
      const next = takeover(head, run.attempts ?? 1, (host) => link.isAlive(host));
      if (next === "over") return await item.done();
      if (next === "wait" || this.#running.has(run.run)) return item.later(pauses.again);
      // It came while this host began to stop.
      if (this.#draining) return item.later(0);
      await this.#execute(item, run, { after: left.last, attempt: left.attempt + 1 });
      // Another host may have been faster to begin it.
      if ((await link.standingOf(run.run)).standing === "ended") await item.done();
      else item.later(pauses.again);
    } catch (error) {
      log.warn("a run of the queue could not be taken", { error });
      item.later(pauses.again);
    }
  }

  async #execute(item: WorkItem, run: QueuedRun, left: LeftRun): Promise<void> {
    const { link, clock, host } = this.#options;
    const over = new AbortController();
    this.#running.add(run.run);
    void (async () => {
      while (!over.signal.aborted) {
        item.working();
        await clock.sleep(link.silence / beatsPerSilence, over.signal).catch(() => undefined);
      }
    })();
    try {
      await host.execute(run, left);
    } finally {
      over.abort();
      this.#running.delete(run.run);
    }
  }

  async #answer(question: Uint8Array): Promise<Uint8Array> {
    try {
      const asked = parseJsonObject(Buffer.from(question).toString(), { from: "a host of the cluster" });
      return encode({ value: await this.#options.host.answer(questionOf(asked)) });
    } catch (error) {
      return encode({ error: SluiceError.from(error).toBody() });
    }
  }
}

function encode(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
