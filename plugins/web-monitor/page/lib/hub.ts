import { type ConnectionState, SluiceClient, type WatchBatch } from "../../../../core/client/index.ts";
import { session } from "./session.ts";
import { Store } from "./store.ts";

export interface Instance {
  readonly id: string;
  readonly plugin: string;
  readonly kind: string;
  readonly status: Status;
  readonly reason?: string;
  readonly since: string;
  readonly restarts: number;
}

export type Status = "starting" | "ok" | "degraded" | "failed" | "stopping" | "stopped" | "absent";

export interface HostFigures {
  readonly time: number;
  readonly runs: number;
  readonly memory: number;
  readonly cpu: number;
  /** Events since the host's start, by `source.type`. */
  readonly counts: ReadonlyMap<string, number>;
  /** Events of the last second, by `source.type`. */
  readonly rates: ReadonlyMap<string, number>;
  /** The last minute, oldest first. */
  readonly history: readonly Sample[];
}

export interface Sample {
  readonly memory: number;
  readonly cpu: number;
  readonly events: number;
  /** Events a second, by source. */
  readonly sources: ReadonlyMap<string, number>;
}

export interface Connection {
  readonly state: ConnectionState;
  readonly since: number;
}

/** Samples kept: one minute. */
const kept = 60;

const noFigures: HostFigures = {
  time: 0,
  runs: 0,
  memory: 0,
  cpu: 0,
  counts: new Map(),
  rates: new Map(),
  history: [],
};

export const connection = new Store<Connection>({ state: "connecting", since: Date.now() });
/** Since when a host that was there does not answer; undefined while it does. */
export const away = new Store<number | undefined>(undefined);
export const instances = new Store<readonly Instance[]>([]);
export const figures = new Store<HostFigures>(noFigures);
/** While paused, nothing on the page moves. The host goes on. */
export const paused = new Store(false);
export const client = new Store<SluiceClient | undefined>(undefined);

/** Opens the one connection of the page. */
export function connect(): void {
  client.get()?.close();
  const url = location.origin.replace(/^http/, "ws");
  const next = new SluiceClient({ url, client: clientName(), retryDelay: 500, maxRetries: 1_000 });
  client.set(next);
  next.state$.subscribe((state) => {
    if (client.get() !== next) return;
    const before = connection.get().state;
    connection.set({ state, since: Date.now() });
    if (state === "open") away.set(undefined);
    else if (before === "open") away.set(Date.now());
  });
  next.watch({ pulse: true, filter: { types: ["plugin-status"] } }).subscribe({
    next: (batch) => takePulse(batch),
    error: () => undefined,
  });
}

session.subscribe(() => {
  if (session.get().kind === "in") connect();
  else client.get()?.close();
});

/** The same while the tab lives, so that what it started stays its own after a reload. */
function clientName(): string {
  const key = "sluice-client";
  const name = sessionStorage.getItem(key) ?? `page-${crypto.randomUUID().slice(0, 8)}`;
  sessionStorage.setItem(key, name);
  return name;
}

function takePulse({ pulse, restarted }: WatchBatch): void {
  if (pulse === undefined) return;
  if (pulse.instances !== undefined) instances.set(pulse.instances as unknown as Instance[]);
  const before = restarted ? noFigures : figures.get();
  const time = Date.parse(pulse.time);
  const counts = new Map(before.counts);
  const rates = new Map<string, number>();
  const sources = new Map<string, number>();
  const seconds = Math.max(0.5, (time - before.time) / 1000);
  let events = 0;
  for (const [topic, total = 0] of Object.entries(pulse.counts)) {
    // The first pulse tells of everything so far, which is no rate.
    const rate = before.time === 0 ? 0 : (total - (before.counts.get(topic) ?? 0)) / seconds;
    counts.set(topic, total);
    rates.set(topic, rate);
    const source = topic.slice(0, topic.lastIndexOf("."));
    sources.set(source, (sources.get(source) ?? 0) + rate);
    events += rate;
  }
  const { runs, memory, cpu } = pulse;
  const sample = { memory, cpu, events, sources };
  const next = { time, runs, memory, cpu, counts, rates, history: [...before.history, sample].slice(-kept) };
  if (!paused.get()) figures.set(next);
}
