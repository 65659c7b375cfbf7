import type { Scheduler } from "fast-check";
import {
  type Clock,
  type Emission,
  type HostOwner,
  type LeftRun,
  type QueuedRun,
  type RunEvent,
  SluiceError,
  type Store,
} from "../../../core/contract/index.ts";
import { Journals } from "../../../core/journal/journal.ts";
import type { ClusterLink } from "../../../core/kit/index.ts";
import { ClusterQueue } from "../../../plugins/queue-nats/cluster-queue.ts";
import { StreamWriters, type StreamWritersOptions } from "../../../plugins/store-nats/stream-writers.ts";
import { namesOf } from "../../../plugins/store-nats/streams.ts";
import { delta, end, start } from "../../core/journal/journal-kit.ts";
import type { FakeServers, Planted } from "./fake-servers.ts";

export interface SimulationParts {
  readonly scheduler: Pick<Scheduler, "schedule">;
  readonly servers: FakeServers;
  readonly planted: Planted;
  /** What falls one way or the other, in the order in which it is asked. */
  readonly chance: () => boolean;
  readonly alive: (host: string) => boolean;
  /** Asks the servers for the last word of a host that was silent. */
  readonly confirm?: (host: string) => Promise<void>;
  /** Where time goes by: else sleeps are over in any order. */
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Told when a host does a run's work. */
  readonly worked: (run: string, host: string) => void;
}

const silent = { level: "fatal", trace() {}, debug() {}, info() {}, warn() {}, error() {} } as const;
/** Moves of others that may come while a program runs. */
const programSteps = 6;
/** Milliseconds of each of them, where time goes by. */
const programStep = 4_000;
const never = new Promise<never>(() => undefined);

/** A host of which all but the network, the clock and the sandbox is the real code: its queue, its journals, its writers. */
export class SimulatedHost {
  readonly id: string;
  dead = false;
  linked = true;
  readonly #parts: SimulationParts;
  readonly #journals: Journals;
  readonly #queue: ClusterQueue;
  readonly #over = new Map<string, () => void>();
  readonly #taken = new Set<string>();
  #cuts = 0;
  #turn = 0;

  constructor(id: string, parts: SimulationParts) {
    this.id = id;
    this.#parts = parts;
    const clock = this.#clock();
    const end = (run: string) => this.#over.get(run)?.();
    this.#journals = new Journals({
      clock,
      repeats: (run) => this.#queue.repeats(run),
      onTaken: (run) => {
        this.#taken.add(run);
        end(run);
      },
    });
    this.#journals.onAccepted((entries) => {
      for (const { event } of entries) if (event.type === "run-end") end(event.run);
    });
    this.#journals.attach(this.#store());
    const host = {
      execute: (item: QueuedRun, left: LeftRun) => this.#execute(item.run, left),
      ...{
        sessionTaken: () => undefined,
        room: () => undefined,
        about: () => ({}) as never,
        answer: async () => undefined,
      },
    };
    const options = { link: this.#link(), host, clock, log: silent, name: id, capacity: 2, waiting: 10 };
    this.#queue = new ClusterQueue(options);
  }

  async start(): Promise<void> {
    await this.#queue.start();
    const clock = this.#clock();
    for (;;) {
      await clock.sleep(1_000);
      await this.#journals.recover(() => true);
    }
  }

  cut(): void {
    this.linked = false;
    this.#cuts += 1;
  }

  /** A dead host does nothing more: what it waits for never comes. */
  #clock(): Clock {
    return {
      now: () => 0,
      sleep: async (milliseconds, signal) => {
        const { scheduler, sleep } = this.#parts;
        if (sleep === undefined) await scheduler.schedule(Promise.resolve(), `${this.id} has slept`);
        else await sleep(milliseconds, signal);
        if (this.dead) return never;
        signal?.throwIfAborted();
      },
    };
  }

  /** A question, on its way to the servers and back. It may arrive though its link was cut, and its host has died. */
  async #ask<T>(what: string, act: () => T): Promise<T> {
    const { scheduler, chance } = this.#parts;
    const before = this.#cuts;
    const broken = () => new SluiceError("SLUICE_STORE_FAILED", "the connection is down");
    if (!this.linked) throw broken();
    await scheduler.schedule(Promise.resolve(), `${what} of ${this.id} arrives`);
    const lost = (before !== this.#cuts || this.dead) && chance();
    const answer = lost ? undefined : settled(act);
    await scheduler.schedule(Promise.resolve(), `${this.id} is told of ${what}`);
    if (this.dead) return never;
    if (answer === undefined || before !== this.#cuts) throw broken();
    if ("error" in answer) throw answer.error;
    return answer.value;
  }

  #store(): Store {
    const { servers, planted, alive } = this.#parts;
    const link = {
      connection: { info: { max_payload: 2 ** 20 } },
      stream: {
        publish: (subject: string, data: Uint8Array, { headers, expect }: Published) => {
          const run = subject.split(".").at(-1) ?? "";
          return this.#ask("a message", () => servers.publish(run, data, headers, expect.lastSubjectSequence));
        },
      },
    };
    const getMessage = (_: string, { last_by_subj }: { last_by_subj: string }) =>
      this.#ask("a head", () => servers.last(last_by_subj.split(".").at(-1) ?? ""));
    const writers = new StreamWriters({
      ...{ link, names: namesOf("sluice"), owner: ownerOf(this.id) },
      writer: planted.oneWriter ? "everybody" : this.id,
      streams: () => ({ manager: { streams: { getMessage } } }),
    } as unknown as StreamWritersOptions);
    return {
      shared: true,
      append: (batch) => appendTo(writers, batch),
      read: (run, after) => this.#ask("a page", () => servers.events(run).filter(({ seq }) => seq > after)),
      runs: async () => [],
      unfinished: async () => {
        const unfinished = await this.#ask("the runs without an end", () =>
          [...servers.journal.keys()].flatMap((run) => {
            const { standing, last, host } = servers.standingOf(run);
            return standing === "live" ? [{ run, lastSeq: last, owner: ownerOf(host) }] : [];
          }),
        );
        for (const { owner } of unfinished) await this.#parts.confirm?.(owner.host);
        return unfinished;
      },
      isAlive: ({ host }) => host === this.id || alive(host),
      async [Symbol.asyncDispose]() {},
    };
  }

  #link(): ClusterLink {
    const { servers, alive } = this.#parts;
    const host = this;
    return {
      ...{ host: this.id, silence: 6_000, hosts: [] },
      get connected() {
        return host.linked;
      },
      isAlive: (other: string) => other === this.id || alive(other),
      ...{ tell: () => undefined, openQueue: async () => undefined, onPushed: () => () => undefined },
      places: () => this.#ask("places", () => [{ priority: "normal", client: "c" }]),
      pull: () =>
        this.#ask("an item", () => {
          this.#turn += 1;
          return servers.give(this.#turn, (remove) => this.#ask("an acknowledgement", remove));
        }),
      find: (run: string) => this.#ask("the item of a run", () => servers.find(run)),
      standingOf: (run: string) => this.#ask("where a run stands", () => servers.standingOf(run)),
      answer: () => () => undefined,
      holder: async () => undefined,
    } as unknown as ClusterLink;
  }

  async #execute(run: string, { after, attempt }: LeftRun): Promise<void> {
    const { planted, worked } = this.#parts;
    const over = Promise.withResolvers<void>();
    this.#taken.delete(run);
    this.#over.set(run, over.resolve);
    this.#journals.open(run, after);
    this.#journals.append(run, after === 0 ? start : rewindTo(attempt));
    if (!planted.worksUnheard) await this.#journals.begun(run);
    if (this.#taken.has(run)) return;
    worked(run, this.id);
    for (let step = 0; step < programSteps; step += 1) await this.#clock().sleep(programStep);
    for (const emission of [delta("x"), end()]) if (!this.#taken.has(run)) this.#journals.append(run, emission);
    await over.promise;
  }
}

interface Published {
  readonly headers: Parameters<FakeServers["publish"]>[2];
  readonly expect: { readonly lastSubjectSequence: number };
}

/** As the store does it: a message for each run, and what one run is refused is no other's. */
async function appendTo(writers: StreamWriters, batch: readonly RunEvent[]): Promise<void> {
  const failures: unknown[] = [];
  for (const [run, events] of Map.groupBy(batch, (event) => event.run)) {
    await writers.append(run, events).catch((error: unknown) => {
      if (SluiceError.is(error) && error.code === "SLUICE_RUN_TAKEN") writers.forget(run);
      failures.push(SluiceError.is(error) ? error : new SluiceError("SLUICE_STORE_FAILED", String(error)));
    });
  }
  if (failures.length > 0) throw failures[0];
  writers.told(batch);
}

function settled<T>(act: () => T): { value: T } | { error: unknown } {
  try {
    return { value: act() };
  } catch (error) {
    return { error };
  }
}

function ownerOf(host: string): HostOwner {
  return { host, pid: 0, started: "" };
}

function rewindTo(attempt: number): Emission {
  return { source: "core", type: "rewind", data: { from: 2, attempt, reason: "its host died" } } as Emission;
}
