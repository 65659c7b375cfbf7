import type { HostLocks } from "./host-locks.ts";
import type { OpenFile } from "./open-file.ts";

export interface HoldsOptions {
  readonly file: OpenFile;
  readonly host: string;
  readonly locks: HostLocks;
}

/** Runs that this host reads or goes on from, in the file: every host that uses it leaves them alone. */
export class Holds {
  readonly #options: HoldsOptions;
  /** By the number of the run, how many hold it. */
  readonly #counts = new Map<number, number>();

  constructor(options: HoldsOptions) {
    this.#options = options;
  }

  /** Returns how to let it go. Does not wait for a file that another process holds: see `settle`. */
  add(run: number): () => void {
    const before = this.#counts.get(run) ?? 0;
    this.#counts.set(run, before + 1);
    if (before === 0) this.#quietly(() => this.#insert(run));
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#counts.get(run) ?? 1) - 1;
      if (left > 0) this.#counts.set(run, left);
      else {
        this.#counts.delete(run);
        this.#quietly(() => this.#options.file.opened?.statements.release.run(run, this.#options.host));
      }
    };
  }

  /** Before runs are deleted: what could not be written yet is written, and what dead hosts held is let go. @throws the error of SQLite */
  settle(): void {
    const { host: own, file, locks } = this.#options;
    const { statements } = file.get();
    for (const run of this.#counts.keys()) this.#insert(run);
    for (const row of statements.holders.all()) {
      const host = String(row["host"]);
      if (host !== own && locks.isAlive(host) !== true) statements.releaseAll.run(host);
    }
  }

  end(): void {
    this.#counts.clear();
    this.#quietly(() => this.#options.file.opened?.statements.releaseAll.run(this.#options.host));
  }

  #insert(run: number): void {
    this.#options.file.get().statements.hold.run(run, this.#options.host);
  }

  /** A file that is busy, full or gone: nothing is deleted from it before `settle`. */
  #quietly(write: () => void): void {
    try {
      write();
    } catch {
      // Said where it stands in somebody's way.
    }
  }
}
