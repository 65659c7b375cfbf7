import { createHash } from "node:crypto";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import { dirname } from "node:path";

/** Milliseconds of quiet after a change: editors save in several steps. */
const quiet = 150;

/**
 * Calls back after the content of any of the files has changed, one call at a time. Folders are watched, and not
 * files: a save by rename is seen so, and a file that comes later, and a link that is turned.
 */
export class WatchedFiles implements Disposable {
  readonly #files: () => readonly string[];
  readonly #changed: () => Promise<() => void>;
  readonly #watchers = new Map<string, FSWatcher>();
  #digest: string;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  /**
   * `files` is asked again after each call: what is read may change with what is written. What `changed` resolves with is
   * called when they are watched: whoever then writes is seen.
   */
  constructor(files: () => readonly string[], changed: () => Promise<() => void>) {
    this.#files = files;
    this.#changed = changed;
    this.#digest = digestOf(files());
    this.#follow();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #follow(): void {
    const folders = new Set(this.#files().map((file) => dirname(file)));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, () => this.#schedule());
        watcher.on("error", () => this.#watchers.delete(folder));
        this.#watchers.set(folder, watcher);
      } catch {
        // A folder that is not there yet: what names it has problems, and those are told.
      }
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#turn = this.#turn.then(() => this.#look());
    }, quiet);
  }

  async #look(): Promise<void> {
    const files = this.#files();
    const digest = digestOf(files);
    if (digest === this.#digest) return;
    this.#digest = digest;
    const tell = await this.#changed();
    // What was written meanwhile is another change. Other files that are read now count from here on.
    if (files.join("\n") === this.#files().join("\n")) this.#schedule();
    else this.#digest = digestOf(this.#files());
    this.#follow();
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
