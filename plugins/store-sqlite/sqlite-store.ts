import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import {
  type Clock,
  type HostOwner,
  type Logger,
  type RunEvent,
  type RunQuery,
  type RunRecord,
  SluiceError,
  type Store,
  type UnfinishedRun,
} from "../../core/contract/index.ts";
import { RunSummary, shownInput } from "../../core/kit/index.ts";
import { eventsPerRun } from "./database.ts";
import { examine, isFull, storeFailure } from "./failure.ts";
import { Holds } from "./holds.ts";
import { HostLocks } from "./host-locks.ts";
import { Keeper } from "./keeper.ts";
import { OpenFile, type StoreFile } from "./open-file.ts";
import { pack, packAhead, unpack, unpackElsewhere } from "./packing.ts";
import { Patience } from "./patience.ts";
import { parametersOf, toRecord, toUnfinished } from "./records.ts";
import { Reserve } from "./reserve.ts";
import type { Keep } from "./retention.ts";
import type { Statements } from "./statements.ts";

export interface SqliteStoreOptions {
  /** Absolute path of the file. */
  readonly path: string;
  /** The folder of ours that it may lie in. */
  readonly home?: string;
  readonly keep: Keep;
  readonly owner: HostOwner;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds to wait for another process that holds the file: at the start, and while runs wait for it. */
const busy = { opening: 5_000, running: 1_000 };
/** Bytes on the disk below which it counts as nearly full. */
const leastFree = 16 * 2 ** 20;
/** Milliseconds without any run after which the file is tidied. */
const idle = 2_000;

/** Journals in one SQLite file. Calls are synchronous, a few microseconds each, unless another process holds the file. */
export class SqliteStore implements Store {
  readonly #options: SqliteStoreOptions;
  readonly #stop = new AbortController();
  /** Numbers of the runs that are written now. */
  readonly #ids = new Map<string, number>();
  readonly #reserve: Reserve;
  readonly #file: OpenFile;
  readonly #patience: Patience;
  readonly #summaries = new Map<string, RunSummary>();
  readonly #locks: HostLocks;
  readonly #holds: Holds;
  readonly #keeper: Keeper;
  #tidying = false;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    const { path, home, clock, log } = options;
    this.#reserve = new Reserve(`${path}-reserve`);
    this.#file = new OpenFile(path, home);
    const { signal } = this.#stop;
    this.#patience = new Patience({ path, clock, log, signal });
    this.#locks = new HostLocks(`${path}-hosts`, options.owner.host);
    this.#holds = new Holds({ file: this.#file, host: options.owner.host, locks: this.#locks });
    this.#keeper = new Keeper({ ...options, file: this.#file, holds: this.#holds, signal });
  }

  /** The file, absolute. */
  get path(): string {
    return this.#options.path;
  }

  /** @throws SluiceError SLUICE_STORE_FAILED, SLUICE_STORE_NEWER, SLUICE_STORE_READ_ONLY */
  start(): Promise<void> | void {
    const begin = () => {
      this.#file.begin();
      this.#reserve.fill();
      this.#locks.begin();
      this.#keeper.begin();
    };
    return this.#patience.orLater(begin, busy.opening);
  }

  append(batch: readonly RunEvent[]): Promise<void> | void {
    const write = () => this.#patience.orLater(() => this.#write(batch), busy.running);
    return packAhead(batch)?.then(write) ?? write();
  }

  /** Takes the right to write and gives it back; where it is not given within the usual time, that is said. */
  async probe(): Promise<string> {
    await this.#patience.orLater(() => {
      const { statements, database } = this.#file.get();
      statements.begin.run();
      statements.rollback.run();
      examine(database);
    }, busy.running);
    const { bsize, bavail } = statfsSync(dirname(this.path));
    const free = bsize * bavail;
    const size = Number(this.#ask(({ size }) => size.get()?.["size"]));
    const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
    if (free >= leastFree) return `${this.path}, ${megabytes(size)}, ${megabytes(free)} free`;
    throw new SluiceError("SLUICE_STORE_FAILED", `${this.path}: the disk has ${megabytes(free)} left`, {
      cure: "Make room on the disk, or set `path` of the store to another one.",
    });
  }

  read(run: string, after: number, limit: number): readonly RunEvent[] | Promise<readonly RunEvent[]> {
    return this.#ask(({ events }) => {
      const id = this.#idOf(run);
      if (id === undefined) return [];
      const rows = events.all(id * eventsPerRun + after, (id + 1) * eventsPerRun, limit);
      const kept = rows.map((row) => row["event"]);
      const read = kept.map(unpack);
      return read.every((event) => event !== undefined) ? read : this.#readLarge(kept, read);
    });
  }

  async #readLarge(kept: readonly unknown[], read: readonly (RunEvent | undefined)[]): Promise<readonly RunEvent[]> {
    try {
      const events: RunEvent[] = [];
      for (const [index, event] of read.entries()) events.push(event ?? (await unpackElsewhere(kept[index])));
      return events;
    } catch (error) {
      throw storeFailure(this.path, error);
    }
  }

  runs(query: RunQuery): readonly RunRecord[] {
    const { run, session, status } = query;
    return this.#ask((statements) => {
      const listed = session === undefined ? statements.runs : statements.runsOfSession;
      const rows = run === undefined ? listed.all(parametersOf(query)) : statements.run.all(run);
      return rows
        .map(toRecord)
        .filter(
          (record) => (session ?? record.session) === record.session && (status ?? record.status) === record.status,
        );
    });
  }

  unfinished(): readonly UnfinishedRun[] {
    return this.#ask(({ unfinished }) => unfinished.all().map(toUnfinished));
  }

  /** By the lock that it holds: a number of a process says nothing to a host in another container. */
  isAlive({ host }: HostOwner): boolean | undefined {
    return this.#locks.isAlive(host);
  }

  hold(run: string): () => void {
    try {
      const id = this.#idOf(run);
      if (id === undefined) return () => undefined;
      const release = this.#holds.add(id);
      return () => {
        release();
        this.#keeper.released();
      };
    } catch {
      // A file that cannot be read has nothing that could be deleted either; whoever reads is told.
      return () => undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#keeper.ended();
    this.#holds.end();
    this.#file.close();
    this.#locks.end();
  }

  #write(batch: readonly RunEvent[]): void {
    try {
      this.#insertAll(batch);
    } catch (error) {
      // Ends of runs, with their starts, are what room was kept for.
      const small =
        batch.every(({ type }) => type === "run-end" || type === "run-start") && batch.at(-1)?.type === "run-end";
      if (!isFull(error) || !small || !this.#reserve.release()) throw error;
      this.#insertAll(batch);
    }
  }

  #current(): StoreFile {
    try {
      return this.#file.toWrite();
    } catch (error) {
      if (this.#file.opened === undefined) this.#ids.clear();
      throw error;
    }
  }

  #insertAll(batch: readonly RunEvent[]): void {
    const { statements, database } = this.#current();
    statements.begin.run();
    try {
      for (const event of batch) this.#insert(statements, event);
      statements.commit.run();
    } catch (error) {
      // Some errors end the transaction by themselves.
      if (database.isTransaction) statements.rollback.run();
      for (const { type, run } of batch) if (type === "run-start") this.#ids.delete(run);
      throw error;
    }
    for (const { type, run } of batch) if (type === "run-end") this.#runEnded(run);
  }

  #insert(statements: Statements, event: RunEvent): void {
    if (event.type === "run-start") {
      const { flow, session, owner, input } = event.data;
      const { host, pid, started } = this.#options.owner;
      const { lastInsertRowid } = statements.insertRun.run(
        event.run,
        flow,
        session,
        owner ?? null,
        shownInput(input),
        event.time,
        host,
        pid,
        started,
        this.#summaryOf(event).text,
      );
      this.#ids.set(event.run, Number(lastInsertRowid));
    }
    const id = this.#idOf(event.run);
    if (id === undefined)
      throw new SluiceError("SLUICE_STORE_FAILED", `The start of run ${event.run} is not in the store.`);
    statements.insertEvent.run(id * eventsPerRun + event.seq, pack(event));
    const summary = this.#summaryOf(event);
    if (event.type !== "run-end") return;
    const { status, exitCode, usage, cost, reason } = event.data;
    statements.endRun.run(
      status,
      event.time,
      exitCode ?? null,
      JSON.stringify(usage),
      cost.amount,
      (status === "failed" ? summary.reason(reason) : reason) ?? null,
      JSON.stringify(summary.models),
      summary.isWhole ? summary.text : null,
      id,
    );
  }

  /** With this event in it. What is written again, because the file was busy, changes it little. */
  #summaryOf(event: RunEvent): RunSummary {
    const summary = this.#summaries.get(event.run) ?? new RunSummary();
    this.#summaries.set(event.run, summary);
    summary.add(event);
    return summary;
  }

  #runEnded(run: string): void {
    this.#ids.delete(run);
    this.#summaries.delete(run);
    this.#keeper.runEnded();
    if (this.#ids.size === 0) void this.#tidy();
  }

  /** Moves the write-ahead log into the file when no run has been under way for a while. */
  async #tidy(): Promise<void> {
    if (this.#tidying) return;
    this.#tidying = true;
    try {
      await this.#options.clock.sleep(idle, this.#stop.signal);
      if (this.#ids.size === 0) this.#file.opened?.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // Stopped, or another process is at it.
    }
    this.#tidying = false;
  }

  #idOf(run: string): number | undefined {
    const known = this.#ids.get(run);
    if (known !== undefined) return known;
    const id = this.#file.get().statements.runId.get(run)?.["id"];
    return typeof id === "number" ? id : undefined;
  }

  #ask<T>(question: (statements: Statements) => T): T {
    try {
      return question(this.#file.get().statements);
    } catch (error) {
      throw storeFailure(this.path, error);
    }
  }
}
