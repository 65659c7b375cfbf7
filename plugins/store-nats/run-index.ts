import type { KV } from "@nats-io/kv";
import { type HostOwner, type Logger, type RunQuery, type RunRecord, SluiceError } from "../../core/contract/index.ts";
import { parseJsonObject } from "../../core/kit/index.ts";

/** What is kept of a run beside its journal. */
export interface KeptRecord {
  readonly record: RunRecord;
  /** The host that began it. */
  readonly owner: HostOwner;
  readonly models: readonly string[];
  /** Revision of its first record, which tells the order of runs whatever their hosts' clocks say. */
  readonly begun?: number;
}

export const recordKey = (token: string): string => `r.${token}`;

/** Milliseconds without any record, while there are newer ones: until another server is asked, and until nobody is. */
const patience = [1_500, 5_000];

/** The records of all runs in memory. From the first time that somebody asks the servers keep them up to date. */
export class RunIndex {
  readonly #records: () => KV;
  /** Revision of the newest record there is. */
  readonly #newest: () => Promise<number>;
  readonly #log: Logger;
  readonly #kept = new Map<string, KeptRecord & { readonly begun: number }>();
  #ready: Promise<void> | undefined;
  #stop: (() => void) | undefined;
  #seen = 0;
  #waiting: (() => void)[] = [];

  constructor(records: () => KV, newest: () => Promise<number>, log: Logger) {
    this.#records = records;
    this.#newest = newest;
    this.#log = log;
  }

  /** All that was written before it was asked for, newest first. */
  async all(): Promise<readonly (KeptRecord & { readonly begun: number })[]> {
    for (const quiet of patience) {
      this.#ready ??= this.#begin();
      const ready = this.#ready;
      await ready;
      if (await this.#reach(await this.#newest(), ready, quiet)) {
        return [...this.#kept.values()].sort((one, other) => other.begun - one.begun);
      }
      // The server that told of records may be gone, and the client has not noticed yet.
      if (this.#ready === ready) this.stop();
    }
    throw new Error("the list of runs did not come in time");
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#ready = undefined;
    this.#seen = 0;
    this.#kept.clear();
    this.#wake();
  }

  async #begin(): Promise<void> {
    try {
      const watch = await this.#records().watch({ key: recordKey(">") });
      const stop = () => watch.stop();
      this.#stop = stop;
      void this.#follow(watch, () => this.#stop === stop);
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  /** False where it was begun anew meanwhile, or said nothing for so long. */
  async #reach(revision: number, ready: Promise<void>, quiet: number): Promise<boolean> {
    while (this.#ready === ready && this.#seen < revision) {
      const before = this.#seen;
      const woken = Promise.withResolvers<void>();
      this.#waiting.push(woken.resolve);
      const timer = setTimeout(woken.resolve, quiet);
      await woken.promise;
      clearTimeout(timer);
      if (this.#seen === before) return false;
    }
    return this.#ready === ready;
  }

  async #follow(watch: Awaited<ReturnType<KV["watch"]>>, isCurrent: () => boolean): Promise<void> {
    try {
      for await (const entry of watch) {
        if (!isCurrent()) return;
        if (entry.operation === "PUT") this.#keep(entry.key, entry.revision, entry.string());
        else this.#kept.delete(entry.key);
        this.#seen = entry.revision;
        this.#wake();
      }
    } catch (error) {
      this.#log.warn("the list of runs is no longer kept up to date, and is read anew", { error });
    }
    if (isCurrent()) this.stop();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #keep(key: string, revision: number, text: string): void {
    try {
      const kept = parseRecord(text);
      this.#kept.set(key, { ...kept, begun: kept.begun ?? revision });
    } catch (error) {
      // The others are listed all the same.
      this.#log.warn(`the record ${key} of a run is left out`, { error });
    }
  }
}

/** @throws SluiceError SLUICE_STORE_FAILED for what no host of ours has written */
export function parseRecord(text: string): KeptRecord {
  const kept = parseJsonObject(text, { from: "the store" });
  const { record, owner, models, begun } = kept;
  const fits =
    textsIn(record, ["run", "flow", "session", "input", "status", "started"]) &&
    textsIn(owner, ["host"]) &&
    Array.isArray(models) &&
    models.every((model) => typeof model === "string") &&
    (begun === undefined || typeof begun === "number");
  if (fits) return kept as unknown as KeptRecord;
  throw new SluiceError("SLUICE_STORE_FAILED", "the record of a run in the store is none");
}

function textsIn(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === "string");
}

/** Whether a record is asked for. Its status and the words of a search take more than the record. */
export function asksFor(query: RunQuery, { record, models }: KeptRecord): boolean {
  const { session, owner, flow, model, since, until, minCost } = query;
  const owned = owner === undefined || record.owner === owner || record.owner?.startsWith(`${owner}/`) === true;
  return (
    owned &&
    (session ?? record.session) === record.session &&
    (flow ?? record.flow) === record.flow &&
    (model === undefined || models.includes(model)) &&
    (since === undefined || record.started >= since) &&
    (until === undefined || record.started < until) &&
    (minCost === undefined || (record.cost ?? Number.NEGATIVE_INFINITY) >= minCost)
  );
}
