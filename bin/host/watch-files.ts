import { createHash } from "node:crypto";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import { type PlaceOnTheWay, waysTo } from "./ways-to-files.ts";

/** Milliseconds of quiet after a change: editors save in several steps. Whoever never rests is looked at all the same. */
const quiet = 150;
const longest = 1_000;

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** Another folder of the same name is another one. */
  readonly identity: string;
}

/**
 * Calls back after the content of any of the files has changed, one call at a time. Folders are watched, and not files:
 * a save by rename is seen so, and a file that comes later. All those on the way are, for links and folders are turned
 * and made anew as well.
 */
export class WatchedFiles implements Disposable {
  readonly #files: () => readonly string[];
  readonly #changed: () => Promise<() => void>;
  readonly #watched = new Map<string, WatchedFolder>();
  /** What counts in each folder: others may write beside it all the time. */
  #places: ReadonlyMap<string, PlaceOnTheWay> = new Map();
  #digest: string;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #over = false;
  #turn: Promise<void> = Promise.resolve();

  /**
   * `files` is asked again after each call: what is read may change with what is written. What `changed` resolves with is
   * called when they are watched: whoever then writes is seen.
   */
  constructor(files: () => readonly string[], changed: () => Promise<() => void>) {
    this.#files = files;
    this.#changed = changed;
    this.#follow();
    this.#digest = digestOf(files());
  }

  [Symbol.dispose](): void {
    this.#over = true;
    clearTimeout(this.#timer);
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #follow(): void {
    if (this.#over) return;
    this.#places = waysTo(this.#files());
    for (const [folder, { watcher, identity }] of this.#watched) {
      if (this.#places.get(folder)?.identity === identity) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    for (const [folder, { identity }] of this.#places) {
      if (this.#watched.has(folder)) continue;
      try {
        const watcher = watch(folder, (_, name) => this.#seen(folder, name));
        watcher.on("error", () => this.#watched.delete(folder));
        this.#watched.set(folder, { watcher, identity });
      } catch {
        // A folder above that may not be read, or is gone again: the one above it tells.
      }
    }
  }

  #seen(folder: string, name: string | null): void {
    if (name === null || this.#places.get(folder)?.names.has(name) === true) this.#schedule();
  }

  #schedule(): void {
    const now = performance.now();
    if (this.#timer === undefined) this.#since = now;
    else if (now - this.#since > longest) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#turn = this.#turn.then(() => this.#look());
    }, quiet);
  }

  async #look(): Promise<void> {
    // First: what is written into a folder that has just been made is read below, or seen.
    this.#follow();
    const files = this.#files();
    const digest = digestOf(files);
    if (digest === this.#digest || this.#over) return;
    this.#digest = digest;
    const tell = await this.#changed();
    // What was written meanwhile is another change. Other files that are read now count from here on.
    const same = files.join("\n") === this.#files().join("\n");
    this.#follow();
    if (same) this.#schedule();
    else this.#digest = digestOf(this.#files());
    tell();
  }
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`\0${file}\0`).update(contentOf(file));
  return hash.digest("hex");
}

function contentOf(file: string): Buffer | string {
  try {
    return readFileSync(file);
  } catch {
    return "\0missing";
  }
}
