import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { HostEvent, HostFeed, Logger, RunEvent } from "../../core/contract/index.ts";
import { appendPrivate, folderOf, parseJsonObject, readPrivate } from "../../core/kit/index.ts";

type Event = HostEvent | RunEvent;

/** Milliseconds between two writes, and entries of one: what comes faster is left out, and said. */
const every = 250;
const mostAtOnce = 1_000;
/** Characters of a text that is kept. */
const longestText = 8 * 1024;
/** Files that the log is cut into, and bytes that one question may read. */
const parts = 8;
const mostRead = 16 * 1024 * 1024;
/** Lines looked at before others get a turn. */
const turn = 500;

/** One line of the log as it was written. */
export interface ArchivedEntry {
  /** Names the host process, and with `seq` the entry. */
  readonly boot: string;
  readonly seq: number;
  readonly event: Event;
  readonly cut?: boolean;
}

/** What came too fast to be written. */
export interface ArchivedGap {
  readonly time: string;
  readonly missing: number;
}

export type ArchivedLine = ArchivedEntry | ArchivedGap;

export interface ArchiveQuestion {
  /** Reads on from there, to what is older. */
  readonly cursor?: string;
  readonly since: number;
  readonly until: number;
  /** Called with each line from the newest to the oldest; false ends the reading before that line. */
  readonly take: (line: ArchivedLine) => boolean;
  readonly signal: AbortSignal;
}

/** The host's log on disk: bounded, in files of which the oldest goes as a whole, and read backwards over restarts. */
export class LogArchive implements AsyncDisposable {
  readonly #folder: string;
  readonly #home: string | undefined;
  readonly #feed: HostFeed;
  readonly #log: Logger;
  readonly #keep: number;
  readonly #boot = Date.now().toString(36);
  readonly #timer: NodeJS.Timeout;
  #at: number;
  #file = 0;
  #size = 0;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  private constructor(folder: string, keep: number, feed: HostFeed, log: Logger, home?: string) {
    this.#home = home;
    this.#folder = folder;
    this.#keep = keep;
    this.#feed = feed;
    this.#log = log;
    this.#at = feed.first - 1;
    this.#timer = setInterval(() => this.#write(), every).unref();
  }

  /** Goes on in a file of its own: a line that was cut off stays where it is. `home`: the folder of ours it lies in. */
  static async open(folder: string, keep: number, feed: HostFeed, log: Logger, home?: string): Promise<LogArchive> {
    const archive = new LogArchive(folder, keep, feed, log, home);
    archive.#file = ((await archive.#files()).at(-1) ?? 0) + 1;
    return archive;
  }

  /** What was said last is written too. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  /** Resolves when everything until now is on disk. */
  async flush(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  /** From the newest to the oldest, as far as one question may read; resolves with where to read on, or with null. */
  async read({ cursor, since, until, take, signal }: ArchiveQuestion): Promise<string | null> {
    await this.flush();
    const [from, before] = placeIn(cursor);
    let left = mostRead;
    for (const file of (await this.#files()).toReversed()) {
      if (file > from) continue;
      const text = textOf(this.#pathOf(file));
      const lines = text.split("\n");
      let at = file === from ? Math.min(before, lines.length) : lines.length;
      if (left <= 0) return `${file}-${at}`;
      left -= text.length;
      while (at > 0) {
        const line = lineOf(lines[at - 1] ?? "");
        const time = line === undefined ? undefined : timeOf(line);
        // Lines stand in the order in which they were written.
        if (time !== undefined && time < since) return null;
        if (line !== undefined && time !== undefined && time <= until && !take(line)) return `${file}-${at}`;
        at -= 1;
        if (at % turn === 0) await new Promise<void>((resolve) => setImmediate(resolve));
        if (signal.aborted) return null;
      }
    }
    return null;
  }

  #write(): void {
    const { entries, next, missing } = this.#feed.read(Math.max(this.#at, this.#feed.last - mostAtOnce), mostAtOnce);
    const left = missing + Math.max(0, this.#feed.last - mostAtOnce - this.#at);
    this.#at = next;
    if (entries.length === 0 && left === 0) return;
    const gap = left === 0 ? [] : [{ time: entries[0]?.event.time ?? new Date().toISOString(), missing: left }];
    const kept = entries.map(({ seq, event }) => ({ boot: this.#boot, seq, event }));
    const text = [...gap, ...kept].map(written).join("");
    this.#writing = this.#writing
      .then(() => this.#append(text))
      .then(
        () => {
          this.#failed = false;
        },
        (error: unknown) => {
          // Told once: a log on disk is no reason to stop.
          if (!this.#failed) this.#log.warn(`the page's log is not kept on disk: ${String(error)}`);
          this.#failed = true;
        },
      );
  }

  async #append(text: string): Promise<void> {
    folderOf(this.#pathOf(this.#file), this.#home);
    appendPrivate(this.#pathOf(this.#file), text);
    this.#size += Buffer.byteLength(text);
    if (this.#size < this.#keep / parts) return;
    this.#file += 1;
    this.#size = 0;
    await this.#forget();
  }

  async #forget(): Promise<void> {
    let total = 0;
    // However small the bound is, the newest file stays.
    const [newest, ...others] = (await this.#files()).toReversed();
    if (newest !== undefined) total += (await stat(this.#pathOf(newest))).size;
    for (const file of others) {
      total += (await stat(this.#pathOf(file))).size;
      if (total > this.#keep) await rm(this.#pathOf(file), { force: true });
    }
  }

  async #files(): Promise<readonly number[]> {
    const names = await readdir(this.#folder).catch((): string[] => []);
    return names
      .flatMap((name) => (/^\d+\.ndjson$/.test(name) ? [Number.parseInt(name, 10)] : []))
      .sort((a, b) => a - b);
  }

  #pathOf(file: number): string {
    return join(this.#folder, `${file}.ndjson`);
  }
}

/** Nothing of a file that is gone, or is not ours. */
function textOf(path: string): string {
  try {
    return readPrivate(path);
  } catch {
    return "";
  }
}

function placeIn(cursor: string | undefined): readonly [file: number, line: number] {
  const [, file, line] = /^(\d{1,9})-(\d{1,9})$/.exec(cursor ?? "") ?? [];
  return file === undefined ? [Number.POSITIVE_INFINITY, 0] : [Number(file), Number(line)];
}

export function timeOf(line: ArchivedLine): number {
  return Date.parse("event" in line ? line.event.time : line.time);
}

/** One line of the file; long texts are cut, and the entry says so. */
function written(line: ArchivedLine): string {
  let cut = false;
  const json = JSON.stringify(line, (_key, value: unknown) => {
    if (typeof value !== "string" || value.length <= longestText) return value;
    cut = true;
    return value.slice(0, longestText).toWellFormed();
  });
  return `${cut ? `${json.slice(0, -1)},"cut":true}` : json}\n`;
}

/** Nothing for a line that was cut off, or is of another kind. */
function lineOf(text: string): ArchivedLine | undefined {
  if (text === "") return undefined;
  try {
    const line = parseJsonObject(text) as unknown as ArchivedLine;
    const isEntry = "event" in line && typeof line.event === "object" && typeof line.seq === "number";
    return (isEntry || "missing" in line) && Number.isFinite(timeOf(line)) ? line : undefined;
  } catch {
    return undefined;
  }
}
