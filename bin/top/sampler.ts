import type { WatchBatch } from "../../core/client/index.ts";
import type { HostLoad, InstanceLoad, InstanceStatus, RunEvent, RunRecord } from "../../core/contract/index.ts";

/** One look at the host: what has changed since the look before. Times are milliseconds, sizes bytes, rates a second. */
export interface TopSample {
  readonly time: string;
  readonly host: {
    readonly memory: number;
    /** Share of one core. */
    readonly cpu: number;
    readonly runs: number;
    readonly runRate: number;
    readonly eventRate: number;
    readonly errors: number;
    /** How long its event loop was held at most, and how long it took to answer. */
    readonly lag: number;
    readonly answers: number;
  };
  readonly instances: readonly InstanceRow[];
  readonly runs: readonly RunRow[];
}

export interface InstanceRow extends Omit<InstanceLoad, "id"> {
  readonly id: string;
  readonly plugin: string;
  readonly kind: string;
  readonly status: string;
  readonly reason?: string;
  readonly rate: number;
  /** Since the start of the host. */
  readonly errors: number;
  readonly restarts: number;
  /** Of answers and programs that ended lately, on the average; absent where none did. */
  readonly took?: number;
  /** Containers that are ready in its pool. */
  readonly pool?: number;
}

export interface RunRow {
  readonly run: string;
  readonly flow: string;
  readonly age: number;
  readonly events: number;
  readonly rate: number;
  /** Who is at work, such as `gpt answers`; empty where that began before the first look. */
  readonly doing: string;
}

type Pulse = NonNullable<WatchBatch["pulse"]>;

/** What the host is asked with each look. */
export interface Answers {
  readonly load: HostLoad;
  readonly runs: readonly RunRecord[];
  /** Milliseconds that the answer took. */
  readonly took: number;
}

/** Answers and programs whose time counts. */
const remembered = 20;

/** Reads what a host tells, and makes looks of it. */
export class TopSampler {
  readonly #counts = new Map<string, number>();
  readonly #pools = new Map<string, number>();
  readonly #begun = new Map<string, number>();
  readonly #took = new Map<string, number[]>();
  readonly #doing = new Map<string, string>();
  readonly #seen = new Map<string, number>();
  #looked = 0;
  #instances: readonly InstanceStatus[] = [];
  #pulse: Pulse | undefined;
  #before: { readonly time: number; readonly counts: ReadonlyMap<string, number> } | undefined;

  /** Whether the host has told twice how it is: rates are differences. */
  get ready(): boolean {
    return this.#before !== undefined;
  }

  read({ entries, pulse, restarted }: Pick<WatchBatch, "entries" | "pulse" | "restarted">): void {
    if (restarted) this.#forget();
    for (const { event } of entries) this.#event(event as unknown as EventToRead);
    if (pulse === undefined) return;
    for (const event of pulse.retained ?? []) this.#event(event as unknown as EventToRead);
    if (this.#pulse !== undefined) this.#before = { time: Date.parse(this.#pulse.time), counts: new Map(this.#counts) };
    for (const [name, count] of Object.entries(pulse.counts)) this.#counts.set(name, count ?? 0);
    this.#instances = (pulse.instances as readonly InstanceStatus[] | undefined) ?? this.#instances;
    this.#pulse = pulse;
  }

  look({ load, runs, took }: Answers, now: number = Date.now()): TopSample {
    const told = Date.parse(this.#pulse?.time ?? "");
    const seconds = this.#before === undefined ? 0 : (told - this.#before.time) / 1000;
    const rate = (count: number, since: number) => perSecond(count, since, seconds);
    const before = this.#before?.counts ?? new Map<string, number>();
    const sum = (counts: ReadonlyMap<string, number>, wanted: (name: string) => boolean) =>
      [...counts].reduce((total, [name, count]) => (wanted(name) ? total + count : total), 0);
    const rateOf = (wanted: (name: string) => boolean) => rate(sum(this.#counts, wanted), sum(before, wanted));
    const { memory = 0, cpu = 0, runs: active = 0, time = "" } = this.#pulse ?? {};
    const sample: TopSample = {
      time,
      host: {
        ...{ memory, cpu, runs: active, lag: load.lag, answers: took },
        runRate: rateOf((name) => name === "core.run-start"),
        eventRate: rateOf(() => true),
        errors: sum(this.#counts, (name) => name.endsWith(".error")),
      },
      instances: this.#instances.map(({ id, plugin, kind, status, reason, restarts }) => ({
        ...{ id, plugin, kind, status, restarts },
        ...(reason === undefined ? {} : { reason }),
        rate: rateOf((name) => name.startsWith(`${id}.`)),
        errors: this.#counts.get(`${id}.error`) ?? 0,
        ...average(this.#took.get(id)),
        ...(this.#pools.has(id) ? { pool: this.#pools.get(id) ?? 0 } : {}),
        ...load.instances.find((each) => each.id === id),
      })),
      runs: runs.map(({ run, flow, started, lastSeq }) => ({
        ...{ run, flow, age: Math.max(0, now - Date.parse(started)), events: lastSeq },
        rate: perSecond(lastSeq, this.#seen.get(run) ?? lastSeq, (now - this.#looked) / 1000),
        doing: this.#doing.get(run) ?? "",
      })),
    };
    this.#looked = now;
    this.#seen.clear();
    for (const { run, lastSeq } of runs) this.#seen.set(run, lastSeq);
    for (const run of this.#doing.keys()) if (!this.#seen.has(run)) this.#doing.delete(run);
    return sample;
  }

  #event(event: EventToRead): void {
    if (event.type === "plugin-metric") {
      if (event.data.name === "pool-ready") this.#pools.set(event.source, event.data.value);
      return;
    }
    if (!("run" in event)) return;
    const place = `${event.run} ${event.source} ${event.branch ?? ""}`;
    switch (event.type) {
      case "model-start":
      case "exec-start":
        this.#begun.set(place, Date.parse(event.time));
        this.#doing.set(event.run, `${event.source} ${event.type === "model-start" ? "answers" : "runs"}`);
        break;
      case "model-end":
      case "exec-end":
        this.#ended(event.source, place, Date.parse(event.time));
        break;
      case "input-request":
      case "approval-request":
        this.#doing.set(event.run, `${event.source} asks`);
        break;
      case "run-end":
        for (const key of this.#begun.keys()) if (key.startsWith(`${event.run} `)) this.#begun.delete(key);
        this.#doing.delete(event.run);
        break;
      default:
    }
  }

  #ended(source: string, place: string, time: number): void {
    const begun = this.#begun.get(place);
    this.#begun.delete(place);
    if (begun === undefined) return;
    const took = this.#took.get(source) ?? [];
    took.push(time - begun);
    if (took.length > remembered) took.shift();
    this.#took.set(source, took);
  }

  /** Another host answers: its counts begin anew. */
  #forget(): void {
    for (const map of [this.#counts, this.#pools, this.#begun, this.#took, this.#doing, this.#seen]) map.clear();
    this.#before = undefined;
    this.#pulse = undefined;
  }
}

type EventToRead =
  | RunEvent
  | { readonly type: "plugin-metric"; readonly source: string; readonly data: { name: string; value: number } };

function perSecond(count: number, before: number, seconds: number): number {
  return seconds > 0 ? Math.max(0, count - before) / seconds : 0;
}

function average(values: readonly number[] | undefined): { readonly took?: number } {
  if (values === undefined || values.length === 0) return {};
  return { took: Math.round(values.reduce((total, value) => total + value, 0) / values.length) };
}
