import { hostname } from "node:os";
import type { ClusterOverview, HostAbout, HostChange, HostMember, HostRun, HostUse } from "../contract/cluster.ts";
import { SluiceError } from "../contract/errors.ts";
import type { InstanceStatus, Settings } from "../contract/host.ts";
import type { HostLoad } from "../contract/operation.ts";
import type { ClusterHost, HostRoom, QueueQuestion, RunQueue } from "../contract/queue.ts";
import { unknownName } from "../kit/text/unknown-name.ts";
import { askHost } from "../run/host-questions.ts";

/** Milliseconds that another host has to answer, and runs that an answer names. */
const limits = { answer: 3_000, runs: 200 };
/** Characters of an id that name a host. */
const shortestId = 8;

export interface ClusterOperationParts {
  readonly host: string;
  readonly version: string;
  readonly addresses: () => readonly string[];
  readonly statuses: () => readonly InstanceStatus[];
  readonly draining: () => boolean;
  readonly runs: () => readonly HostRun[];
  readonly load: () => HostLoad;
  readonly settings: Settings;
  readonly queue: () => RunQueue | undefined;
  readonly room: () => HostRoom | undefined;
}

type Values = Readonly<Record<string, unknown>>;

/** What concerns all hosts: who they are, what they have, and changes to several of them. */
export class ClusterOperation {
  readonly #parts: ClusterOperationParts;

  constructor(parts: ClusterOperationParts) {
    this.#parts = parts;
  }

  /** What this host tells of itself. */
  about(): HostAbout {
    const { version, addresses, statuses, draining, runs } = this.#parts;
    const ill = statuses().find(({ status }) => status === "degraded" || status === "failed");
    const reason = ill && `${ill.id}: ${ill.reason ?? ill.status}`;
    const state = draining() ? "draining" : ill === undefined ? "ok" : "degraded";
    return {
      ...{ version, addresses: addresses(), state, active: runs().length },
      ...(reason === undefined ? {} : { reason }),
    };
  }

  /** What its flows leave it room for. */
  room(): HostRoom | undefined {
    return this.#parts.room();
  }

  async hosts(): Promise<ClusterOverview> {
    const queue = this.#parts.queue();
    if (queue === undefined) return { hosts: [this.#alone()] };
    const [hosts, waiting] = await Promise.all([
      Promise.all(queue.hosts.map((each) => this.#member(queue, each))),
      within(queue.waiting()).catch((error: unknown) => SluiceError.from(error)),
    ]);
    return { hosts, ...(typeof waiting === "number" ? { waiting } : { cutOff: waiting.message }) };
  }

  /** `where`: the name of a host, its id or the beginning of that, or `all`. @throws SluiceError SLUICE_HOST_UNAVAILABLE for one that is not there */
  async set(where: string, instance: string, values: Values, origin: string): Promise<readonly HostChange[]> {
    const queue = this.#parts.queue();
    const known = queue?.hosts ?? [this.#alone()];
    const named = known.filter(({ host, name }) => where === "all" || where === host || where === name);
    const begun = where.length < shortestId ? [] : known.filter(({ host }) => host.startsWith(where));
    const chosen = named.length > 0 ? named : begun;
    if (chosen.length === 0) {
      const names = known.map(({ name }) => name);
      throw unknownName({
        ...{ code: "SLUICE_HOST_UNAVAILABLE", what: "host", said: where, known: names, where: "the cluster" },
        none: "`sluice hosts` lists them.",
      });
    }
    return Promise.all(
      chosen.map(async ({ host, name, own }) => {
        try {
          if (own || queue === undefined) this.#parts.settings.set(instance, values, origin);
          else await within(askHost(queue, { host, method: "host.settings", params: { instance, values, origin } }));
          return { host, name };
        } catch (error) {
          return { host, name, error: SluiceError.from(error).toBody() };
        }
      }),
    );
  }

  /** What another host asks of this one; undefined where it is asked of a run or a session. */
  answer({ method, params }: QueueQuestion): Promise<unknown> | undefined {
    if (method === "host.use") return Promise.resolve(this.#use());
    if (method !== "host.settings") return undefined;
    const { instance, values, origin } = params as { instance: string; values: Values; origin: string };
    return Promise.resolve(this.#parts.settings.set(instance, values, `cluster:${origin}`));
  }

  #alone(): HostMember {
    return { host: this.#parts.host, name: hostname(), own: true, seen: 0, ...this.about(), use: this.#use() };
  }

  async #member(
    queue: RunQueue,
    { host, name, capacity, running, bound, own, seen, about }: ClusterHost,
  ): Promise<HostMember> {
    const known = {
      ...{ host, name, own, seen, capacity, running, ...(own ? this.about() : about) },
      ...(bound === undefined ? {} : { bound }),
    };
    if (own) return { ...known, use: this.#use() };
    const use = await within(askHost(queue, { host, method: "host.use", params: {} })).catch(() => undefined);
    return use === undefined ? known : { ...known, use: use as HostUse };
  }

  #use(): HostUse {
    const { load, runs } = this.#parts;
    const { lag, instances } = load();
    const all = runs();
    return {
      ...{ memory: process.memoryUsage.rss(), lag, runs: all.slice(0, limits.runs) },
      sandboxes: instances.reduce((sum, { sandboxes = 0 }) => sum + sandboxes, 0),
      more: Math.max(0, all.length - limits.runs),
    };
  }
}

/** One host that hangs holds up nobody. */
async function within<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new SluiceError("SLUICE_HOST_UNAVAILABLE", `no answer within ${limits.answer / 1000} s`);
    timer = setTimeout(() => reject(error), limits.answer);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
