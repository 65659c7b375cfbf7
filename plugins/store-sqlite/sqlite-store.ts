import type { DatabaseSync } from "node:sqlite";
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
import { eventsPerRun, openDatabase } from "./database.ts";
import { isBusy, storeFailure } from "./failure.ts";
import { pack, unpack } from "./packing.ts";
import { shownInput, toRecord, toUnfinished } from "./records.ts";
import { type Keep, prune } from "./retention.ts";
import { prepare, type Statements } from "./statements.ts";

export interface SqliteStoreOptions {
  /** Absolute path of the file. */
  readonly path: string;
  readonly keep: Keep;
  readonly owner: HostOwner;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds to wait for another process that writes: in all, and between two attempts at first and at most. */
const busy = { limit: 5_000, pause: 5, longestPause: 80 };
/** Milliseconds after the start, and ended runs, after which old runs are looked for. */
const pruning = { afterStart: 5_000, everyRuns: 100 };
/** Milliseconds without any run after which the file is tidied. */
const idle = 2_000;

interface Open {
  readonly database: DatabaseSync;
  readonly statements: Statements;
}

/** Journals in one SQLite file. Calls are synchronous, a few microseconds each, unless another process holds the file. */
export class SqliteStore implements Store {
  readonly #options: SqliteStoreOptions;
  readonly #stop = new AbortController();
  /** Numbers of the runs that are written now. */
  readonly #ids = new Map<string, number>();
  #opened: Open | undefined;
  #pruning: Promise<void> | undefined;
  #ended = 0;
  #tidying = false;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
  }

  /** The file, absolute. */
  get path(): string {
    return this.#options.path;
  }

  start(): void {
    const database = openDatabase(this.path);
    this.#opened = { database, statements: prepare(database) };
    this.#options.clock.sleep(pruning.afterStart, this.#stop.signal).then(
      () => this.#prune(),
      () => undefined,
    );
  }

  append(batch: readonly RunEvent[]): Promise<void> | void {
    try {
      this.#write(batch);
    } catch (error) {
      if (isBusy(error)) return this.#appendLater(batch);
      throw storeFailure(this.path, error);
    }
  }

  read(run: string, after: number, limit: number): readonly RunEvent[] {
    return this.#ask(({ events }) => {
      const id = this.#idOf(run);
      if (id === undefined) return [];
      const rows = events.all(id * eventsPerRun + after, (id + 1) * eventsPerRun, limit);
      return rows.map((row) => unpack(row["event"]));
    });
  }

  runs({ run, session, owner, status, limit = 50 }: RunQuery): readonly RunRecord[] {
    return this.#ask((statements) => {
      const rows =
        run === undefined
          ? statements.runs.all({
              ...{ ":session": session ?? null, ":owner": owner ?? null },
              ...{ ":status": status ?? null, ":limit": limit },
            })
          : statements.run.all(run);
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#pruning;
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    try {
      opened.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // Another process uses the file: its own checkpoint takes our part along.
    }
    opened.database.close();
  }

  async #appendLater(batch: readonly RunEvent[]): Promise<void> {
    let pause = busy.pause;
    for (let waited = pause; ; waited += pause) {
      await this.#options.clock.sleep(pause, this.#stop.signal);
      try {
        this.#write(batch);
        return;
      } catch (error) {
        if (!isBusy(error) || waited >= busy.limit) throw storeFailure(this.path, error);
        pause = Math.min(pause * 2, busy.longestPause);
      }
    }
  }

  #write(batch: readonly RunEvent[]): void {
    const { statements, database } = this.#open();
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
      );
      this.#ids.set(event.run, Number(lastInsertRowid));
    }
    const id = this.#idOf(event.run);
    if (id === undefined)
      throw new SluiceError("SLUICE_STORE_FAILED", `The start of run ${event.run} is not in the store.`);
    statements.insertEvent.run(id * eventsPerRun + event.seq, pack(event));
    if (event.type !== "run-end") return;
    const { status, exitCode, usage } = event.data;
    statements.endRun.run(status, event.time, exitCode ?? null, JSON.stringify(usage), id);
  }

  #runEnded(run: string): void {
    this.#ids.delete(run);
    this.#ended += 1;
    if (this.#ended % pruning.everyRuns === 0) this.#prune();
    if (this.#ids.size === 0) void this.#tidy();
  }

  /** Moves the write-ahead log into the file when no run has been under way for a while. */
  async #tidy(): Promise<void> {
    if (this.#tidying) return;
    this.#tidying = true;
    try {
      await this.#options.clock.sleep(idle, this.#stop.signal);
      if (this.#ids.size === 0) this.#opened?.database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // Stopped, or another process is at it.
    }
    this.#tidying = false;
  }

  #idOf(run: string): number | undefined {
    const known = this.#ids.get(run);
    if (known !== undefined) return known;
    const id = this.#open().statements.runId.get(run)?.["id"];
    return typeof id === "number" ? id : undefined;
  }

  #prune(): void {
    const { keep, clock, log, path } = this.#options;
    const opened = this.#opened;
    if (this.#pruning !== undefined || opened === undefined) return;
    this.#pruning = prune(opened.database, opened.statements, keep, clock.now(), () => this.#stop.signal.aborted)
      .then(
        (count) => {
          if (count > 0) log.info(`${count} old runs were deleted from ${path}.`);
        },
        (error) => {
          if (!isBusy(error)) log.warn(`Old runs could not be deleted from ${path}.`, { error });
        },
      )
      .finally(() => {
        this.#pruning = undefined;
      });
  }

  #open(): Open {
    if (this.#opened !== undefined) return this.#opened;
    throw new SluiceError("SLUICE_STORE_FAILED", `${this.path} is not open.`);
  }

  #ask<T>(question: (statements: Statements) => T): T {
    try {
      return question(this.#open().statements);
    } catch (error) {
      throw storeFailure(this.path, error);
    }
  }
}
