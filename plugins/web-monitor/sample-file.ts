import type { Logger } from "../../core/contract/index.ts";
import { appendPrivate, folderOf, readPrivate, writePrivate } from "../../core/kit/index.ts";
import { parseSample, type Sample } from "./figures.ts";

/** Samples kept at most, however often they are taken. */
const most = 50_000;

/** Samples of one profile: in memory to be read, and in a file that outlives the host. */
export class SampleFile {
  readonly #path: string;
  readonly #home: string | undefined;
  readonly #log: Logger;
  readonly #keep: number;
  #samples: Sample[] = [];
  /** Those that are not in the file yet. */
  #due: Sample[] = [];
  /** Lines of the file that are no longer needed; a last line that was cut off must not go on. */
  #stale = 0;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  /** `home`: the folder of ours that the file lies in. */
  constructor(path: string, keep: number, log: Logger, home?: string) {
    this.#path = path;
    this.#home = home;
    this.#keep = keep;
    this.#log = log;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** What was kept before. A line that cannot be read is left out. */
  async load(now: number): Promise<void> {
    const text = textOf(this.#path);
    const lines = text.split("\n").filter((line) => line !== "");
    this.#samples = lines.flatMap((line) => parseSample(line) ?? []);
    this.#stale = text === "" || text.endsWith("\n") ? 0 : Number.POSITIVE_INFINITY;
    this.#forget(now);
  }

  add(sample: Sample): void {
    this.#samples.push(sample);
    this.#forget(sample.at);
    this.#due.push(sample);
    this.#write(() => this.#writeDue());
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  #forget(now: number): void {
    const first = this.#samples.findIndex(({ at }) => at >= now - this.#keep);
    const old = Math.max(first < 0 ? this.#samples.length : first, this.#samples.length - most);
    if (old <= 0) return;
    this.#samples = this.#samples.slice(old);
    this.#stale += old;
  }

  async #writeDue(): Promise<void> {
    const due = this.#due.splice(0);
    if (due.length === 0) return;
    folderOf(this.#path, this.#home);
    if (this.#stale <= this.#samples.length + 1_000) {
      appendPrivate(this.#path, linesOf(due));
      return;
    }
    this.#due = [];
    this.#stale = 0;
    writePrivate(this.#path, linesOf(this.#samples));
  }

  /** One after the other. A full disk is told once: charts are no reason to stop. */
  #write(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).then(
      () => {
        this.#failed = false;
      },
      (error: unknown) => {
        if (!this.#failed) this.#log.warn(`samples for the charts are not kept: ${String(error)}`);
        this.#failed = true;
      },
    );
  }
}

function textOf(path: string): string {
  try {
    return readPrivate(path);
  } catch {
    return "";
  }
}

function linesOf(samples: readonly Sample[]): string {
  return samples.map((each) => `${JSON.stringify(each)}\n`).join("");
}
