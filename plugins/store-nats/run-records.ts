import type {
  EventOf,
  HostOwner,
  Logger,
  RunEvent,
  RunQuery,
  RunRecord,
  UnfinishedRun,
} from "../../core/contract/index.ts";
import { inTurns, isIdOf, RunSummary, searchedNames, searchWords, shownInput } from "../../core/kit/index.ts";
import { type ChunkHead, headOf } from "./chunk.ts";
import type { Presence } from "./presence.ts";
import type { RunHolds } from "./run-holds.ts";
import { asksFor, type KeptRecord, parseRecord, RunIndex, recordKey } from "./run-index.ts";
import type { StreamReader } from "./stream-reader.ts";
import { lastMessage } from "./stream-writers.ts";
import { type ClusterNames, messageOf, type Streams, tokenOf } from "./streams.ts";

export interface RunRecordsOptions {
  readonly names: ClusterNames;
  readonly streams: () => Streams;
  readonly reader: StreamReader;
  readonly owner: HostOwner;
  readonly log: Logger;
}

/** Runs that were deleted, and those that stay because somebody reads them. */
export interface PruneResult {
  readonly deleted: number;
  readonly held: number;
}

const textKey = (token: string): string => `t.${token}`;
/** Events read at once where a record is made from a journal. */
const page = 256;
/** Runs that are looked at at once. */
const atOnce = 16;
/** Words of a search that are looked at. */
const mostWords = 20;

/**
 * A record for each run: what lists show. The record is there before the first event, and tells the end after the last one.
 * Where a host died in between, whoever reads it looks into the journal, which alone says how a run ended.
 */
export class RunRecords {
  readonly #options: RunRecordsOptions;
  readonly #index: RunIndex;

  constructor(options: RunRecordsOptions) {
    this.#options = options;
    const newest = async () => {
      const { manager } = options.streams();
      const { records } = options.names;
      const last = await messageOf(manager, `KV_${records}`, { last_by_subj: `$KV.${records}.${recordKey(">")}` });
      return last?.seq ?? 0;
    };
    this.#index = new RunIndex(() => options.streams().records, newest, options.log);
  }

  /** Before the first event is written. One that is there already stays: another attempt at the same run made it. */
  async begin({ run, time, data }: EventOf<"run-start">): Promise<void> {
    const { records } = this.#options.streams();
    const { flow, session, owner, input } = data;
    const record: RunRecord = {
      ...{ run, flow, session, ...(owner === undefined ? {} : { owner }) },
      ...{ input: shownInput(input), status: "running", started: time, lastSeq: 0 },
      host: this.#options.owner.host,
    };
    const kept: KeptRecord = { record, owner: this.#options.owner, models: [] };
    const key = recordKey(tokenOf(run));
    await records.create(key, JSON.stringify(kept)).catch(async (error: unknown) => {
      if ((await records.get(key)) === null) throw error;
    });
  }

  /** After the last event. `summary`: of the run's events, as far as they were seen. */
  async finish(end: EventOf<"run-end">, summary: RunSummary, writer = this.#options.owner.host): Promise<void> {
    const { records } = this.#options.streams();
    const token = tokenOf(end.run);
    const entry = await records.get(recordKey(token));
    if (entry === null) return;
    const before = parseRecord(entry.string());
    const { status, exitCode, usage, cost, reason } = end.data;
    // The end of a lost run is written by another host than the one that had it.
    const host = status === "lost" ? before.record.host : writer;
    const why = status === "failed" ? summary.reason(reason) : reason;
    const record: RunRecord = {
      ...before.record,
      ...{ status, ended: end.time, exitCode: exitCode ?? null, usage, cost: cost.amount, lastSeq: end.seq },
      ...(why === undefined || status === "ok" ? {} : { reason: why }),
      ...(host === undefined ? {} : { host }),
    };
    const kept: KeptRecord = { ...before, record, models: summary.models, begun: before.begun ?? entry.revision };
    if (summary.isWhole) await records.put(textKey(token), summary.text);
    await records.put(recordKey(token), JSON.stringify(kept));
  }

  async list(query: RunQuery): Promise<readonly RunRecord[]> {
    const { run, limit = 50 } = query;
    const found: RunRecord[] = [];
    const candidates = run === undefined ? await this.#index.all() : await this.#one(run);
    for (const kept of candidates) {
      if (found.length >= limit) break;
      if (!asksFor(query, kept)) continue;
      const record = await this.#present(kept);
      if (record === undefined || (query.status ?? record.status) !== record.status) continue;
      if (await this.#says(query.search, kept)) found.push(record);
    }
    return found;
  }

  /** `presence`: asks the servers for the last word of an owner that was silent. */
  async unfinished(skip: (owner: HostOwner) => boolean, presence: Presence): Promise<readonly UnfinishedRun[]> {
    const found: UnfinishedRun[] = [];
    const { manager } = this.#options.streams();
    const asked = new Map<string, Promise<void>>();
    const confirm = async (host: string) => {
      if (!presence.isSilent(host)) return;
      const asking = asked.get(host) ?? presence.confirm(manager, host);
      asked.set(host, asking);
      await asking;
    };
    const running = (await this.#index.all()).filter(({ record }) => record.status === "running");
    for (const host of new Set(running.map(({ owner }) => owner.host))) await confirm(host);
    const silent = running.filter(({ owner }) => !skip(owner));
    await inTurns(silent.toReversed(), atOnce, async ({ record }) => {
      const head = await this.#headOf(record.run);
      if (head === undefined) return;
      if (head.end) return void (await this.#repair(record.run, head.host));
      // Another host may have gone on with it.
      await confirm(head.host);
      found.push({ run: record.run, lastSeq: head.last, owner: { host: head.host, pid: 0, started: "" } });
    });
    return found;
  }

  /** Deletes what is more than so many ended runs, oldest first, but for those that somebody reads. */
  async prune(keep: number, holds: RunHolds, stopped: () => boolean): Promise<PruneResult> {
    const ended = (await this.#index.all()).filter(({ record }) => record.status !== "running");
    const old = ended.slice(keep).toReversed();
    const held = await holds.among(old.map(({ record }) => record.run));
    const { manager, records, objects } = this.#options.streams();
    const { names } = this.#options;
    const large = old.length === 0 ? [] : await objects.list();
    let deleted = 0;
    for (const { record } of old) {
      if (stopped()) break;
      const { run } = record;
      // Somebody may have begun to read it here since.
      if (held.has(run) || holds.has(run)) continue;
      await manager.streams.purge(names.journal, { filter: names.subject(run) });
      for (const { name } of large) if (name.startsWith(`${run}/`)) await objects.delete(name);
      for (const key of [textKey, recordKey]) await records.purge(key(tokenOf(run)));
      deleted += 1;
    }
    return { deleted, held: held.size };
  }

  stop(): void {
    this.#index.stop();
  }

  async #one(run: string): Promise<readonly KeptRecord[]> {
    const entry = await this.#options.streams().records.get(recordKey(tokenOf(run)));
    return entry === null || entry.operation !== "PUT" ? [] : [parseRecord(entry.string())];
  }

  /** The record with what only the journal knows; undefined where nothing was written yet. */
  async #present({ record }: KeptRecord): Promise<RunRecord | undefined> {
    if (record.status !== "running") return record;
    const head = await this.#headOf(record.run);
    if (head === undefined) return undefined;
    if (!head.end) return { ...record, lastSeq: head.last, host: head.host };
    const end = await this.#repair(record.run, head.host);
    const [repaired] = await this.#one(record.run);
    if (end === undefined || repaired === undefined) return { ...record, lastSeq: head.last };
    return repaired.record;
  }

  async #headOf(run: string): Promise<ChunkHead | undefined> {
    const { manager } = this.#options.streams();
    const last = await lastMessage(manager, this.#options.names, run);
    return last === undefined ? undefined : headOf(last.header);
  }

  /** Makes the record of a run whose host died between its end and its record's. */
  async #repair(run: string, writer: string): Promise<RunEvent | undefined> {
    const summary = new RunSummary();
    for (let after = 0; ; ) {
      const events = await this.#options.reader.read(run, after, page);
      for (const event of events) {
        after = event.seq;
        summary.add(event);
        if (event.type !== "run-end") continue;
        await this.finish(event, summary, writer);
        return event;
      }
      if (events.length === 0) return undefined;
    }
  }

  async #says(search: string | undefined, { record }: KeptRecord): Promise<boolean> {
    const words = searchWords(search ?? "").slice(0, mostWords);
    if (words.length === 0) return true;
    const entry = await this.#options.streams().records.get(textKey(tokenOf(record.run)));
    const text = entry?.string() ?? `${searchedNames(record)}\n${record.input}`.toLowerCase();
    return words.every((word) => text.includes(word) || isIdOf(word, record));
  }
}
