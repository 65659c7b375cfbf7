import { rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { SluiceError } from "../../core/contract/index.ts";
import { openDatabase } from "./database.ts";
import { replaced } from "./failure.ts";
import { identityOf } from "./file-identity.ts";
import { prepare, type Statements } from "./statements.ts";

export interface StoreFile {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  /** Bytes of the file that was opened. */
  readonly identity: string | undefined;
  /** Bytes of its write-ahead log. */
  readonly log: string | undefined;
}

/** The file of a store, as it is open now. */
export class OpenFile {
  readonly path: string;
  readonly #home: string | undefined;
  #opened: StoreFile | undefined;
  #closed = false;

  constructor(path: string, home?: string) {
    this.path = path;
    this.#home = home;
  }

  begin(): StoreFile {
    const database = openDatabase(this.path, this.#home);
    try {
      const statements = prepare(database);
      const [identity, log] = [identityOf(this.path), identityOf(`${this.path}-wal`)];
      this.#opened = { database, statements, identity, log };
      return this.#opened;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  get opened(): StoreFile | undefined {
    return this.#opened;
  }

  /** @throws SluiceError SLUICE_STORE_FAILED before it was begun and after it was closed */
  get(): StoreFile {
    if (this.#opened !== undefined) return this.#opened;
    throw new SluiceError("SLUICE_STORE_FAILED", `${this.path} is not open.`);
  }

  /**
   * For writing: what was deleted or replaced is let go of, and the next call begins a new file.
   * @throws SluiceError SLUICE_STORE_REPLACED
   */
  toWrite(): StoreFile {
    const opened = this.#opened ?? (this.#closed ? this.get() : this.begin());
    if (opened.identity === identityOf(this.path)) return opened;
    this.#opened = undefined;
    opened.database.close();
    // The log of a file that is gone would be taken for that of whatever lies in its place.
    if (opened.log !== undefined && opened.log === identityOf(`${this.path}-wal`)) {
      for (const end of ["-wal", "-shm"]) rmSync(this.path + end, { force: true });
    }
    throw replaced(this.path);
  }

  close(): void {
    this.#closed = true;
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
}
