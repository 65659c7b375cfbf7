import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { demandPrivate, privateFolder } from "../../core/kit/index.ts";
import { isBusy } from "./failure.ts";

/** Milliseconds that a start waits for somebody who is looking whether it lives. */
const patience = 100;
/** Milliseconds after which a lock that nobody holds belongs to nobody: one that is being made is younger. */
const youth = 60_000;

/**
 * A lock for each host that uses a file. The kernel takes it back when the process ends, however it ends. So whether a
 * host lives can be told where numbers of processes cannot: in another container each has number 1.
 */
export class HostLocks {
  readonly #folder: string;
  readonly #host: string;
  #own: DatabaseSync | undefined;

  constructor(folder: string, host: string) {
    this.#folder = folder;
    this.#host = host;
  }

  /** Where no lock can be had, others go by the number of the process. */
  begin(): void {
    if (this.#own !== undefined) return;
    try {
      privateFolder(this.#folder);
      this.#sweep();
      const path = join(this.#folder, this.#host);
      demandPrivate(path);
      this.#own = locked(path, patience);
    } catch {
      this.#own = undefined;
    }
  }

  /** Undefined where it cannot be told, and of its own: whoever asks that knows better. */
  isAlive(host: string): boolean | undefined {
    // What a file says is no path.
    if (host === this.#host || !/^[\w-]+$/.test(host)) return undefined;
    const path = join(this.#folder, host);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    try {
      locked(path, 0).close();
      return false;
    } catch (error) {
      return isBusy(error) ? true : undefined;
    }
  }

  end(): void {
    if (this.#own === undefined) return;
    // First: whoever looks now finds none, and goes by the number of the process.
    rmSync(join(this.#folder, this.#host), { force: true });
    this.#own.close();
    this.#own = undefined;
  }

  #sweep(): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      const { mtimeMs = Date.now() } = statSync(path, { throwIfNoEntry: false }) ?? {};
      if (Date.now() - mtimeMs > youth && this.isAlive(name) === false) rmSync(path, { force: true });
    }
  }
}

/** @throws the error of SQLite, busy where another process has it */
function locked(path: string, timeout: number): DatabaseSync {
  const database = new DatabaseSync(path, { timeout });
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
