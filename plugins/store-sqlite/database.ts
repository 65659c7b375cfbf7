import { DatabaseSync } from "node:sqlite";
import { SluiceError } from "../../core/contract/index.ts";
import { demandNoOther, demandPrivate, folderOf } from "../../core/kit/index.ts";

/** Milliseconds that a call waits for another process without letting anything else have a turn. */
const patience = 2;

/** With this many pages of 4 KiB, the write-ahead log is moved into the file even while runs go on. */
const logPages = 4_000;

/**
 * Each step leads from the version of its index to the next; the file's `user_version` says which have been taken.
 *
 * An event's `id` is its run's number times `eventsPerRun` plus its `seq`: one B-tree, written at its end, and the same
 * place twice is refused.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE runs (
     id INTEGER PRIMARY KEY,
     run TEXT NOT NULL UNIQUE,
     flow TEXT NOT NULL,
     session TEXT NOT NULL,
     input TEXT NOT NULL,
     status TEXT NOT NULL,
     started TEXT NOT NULL,
     ended TEXT,
     exit_code INTEGER,
     usage TEXT,
     owner_host TEXT NOT NULL,
     owner_pid INTEGER NOT NULL,
     owner_started TEXT NOT NULL
   ) STRICT;
   CREATE INDEX runs_unfinished ON runs (id) WHERE status = 'running';
   CREATE TABLE events (id INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT;`,
  // Large events are packed, and a column of a STRICT table cannot change what it holds.
  `CREATE TABLE packed (id INTEGER PRIMARY KEY, event ANY NOT NULL) STRICT;
   INSERT INTO packed SELECT id, event FROM events;
   DROP TABLE events;
   ALTER TABLE packed RENAME TO events;`,
  // The principal that opened a run; runs of older versions have no owner.
  "ALTER TABLE runs ADD COLUMN owner TEXT;",
  // What is searched, in small letters; of older runs their inputs alone.
  `ALTER TABLE runs ADD COLUMN search TEXT NOT NULL DEFAULT '';
   ALTER TABLE runs ADD COLUMN models TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE runs ADD COLUMN cost REAL;
   ALTER TABLE runs ADD COLUMN reason TEXT;
   UPDATE runs SET search = lower(run || char(10) || session || char(10) || flow || char(10) || input);`,
  // A conversation is read by its session, however many runs there are.
  "CREATE INDEX runs_by_session ON runs (session);",
  // Runs that a host reads, or goes on from: none of the hosts that share the file deletes those.
  "CREATE TABLE holds (run INTEGER NOT NULL, host TEXT NOT NULL, PRIMARY KEY (run, host)) STRICT, WITHOUT ROWID;",
];

/** With 2^26 events in each of 2^27 runs, ids stay exact in JavaScript's numbers. */
export const eventsPerRun = 2 ** 26;

/**
 * Opens or makes the file and brings it to the present version; `home` is the folder of ours that it may lie in. Throws
 * what SQLite and the file system throw.
 */
export function openDatabase(path: string, home?: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    folderOf(path, home);
    // Made here because it holds what people asked: SQLite would make it readable for all.
    demandPrivate(path);
    // SQLite writes into what it finds under these names.
    for (const end of ["-wal", "-shm", "-journal"]) demandNoOther(path + end);
    database = new DatabaseSync(path, { timeout: patience });
    refuseForeign(database, path);
    if (versionOf(database) < migrations.length) migrate(database);
    else refuseNewer(database, path);
    // NORMAL: a commit survives the death of the process; that of the machine may take the last ones.
    database.exec("PRAGMA synchronous = NORMAL");
    // Moving the log into the file waits for the disk, some 10 ms: seldom while runs are under way.
    database.exec(`PRAGMA wal_autocheckpoint = ${logPages}`);
    return database;
  } catch (error) {
    database?.close();
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}

function migrate(database: DatabaseSync): void {
  // Both stay with the file; the first has an effect only before anything else is in it.
  database.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
  try {
    // Asked again under the lock: another process may have been faster.
    for (const step of migrations.slice(versionOf(database))) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Another program's database may have any `user_version`: what makes it a journal are its tables. */
function refuseForeign(database: DatabaseSync, path: string): void {
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const names = new Set(tables.map((row) => row["name"]));
  const version = versionOf(database);
  if (names.size === 0 && (version === 0 || version > migrations.length)) return;
  if (version > 0 && names.has("runs") && names.has("events")) return;
  throw new SluiceError("SLUICE_STORE_FAILED", `${path} is a database, but no journal.`, {
    cure: "Set `path` of the store to another file, or move this one away.",
  });
}

function refuseNewer(database: DatabaseSync, path: string): void {
  const version = versionOf(database);
  if (version === migrations.length) return;
  const message = `${path} has format ${version}, of a newer Sluicebox; this one reads format ${migrations.length}`;
  throw new SluiceError("SLUICE_STORE_NEWER", message);
}
