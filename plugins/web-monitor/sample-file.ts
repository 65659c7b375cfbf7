import { appendFile, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "../../core/contract/index.ts";
import { makeFolder } from "../../core/kit/index.ts";
import { parseSample, type Sample } from "./figures.ts";

/** Samples kept at most, however often they are taken. */
const most = 50_000;

/** Samples of one profile: in memory to be read, and in a file that outlives the host. */
export class SampleFile {
  readonly #path: string;
  readonly #log: Logger;
  readonly #keep: number;
  #samples: Sample[] = [];
  /** Those that are not in the file yet. */
  #due: Sample[] = [];
  /** Lines of the file that are no longer needed; a last line that was cut off must not go on. */
  #stale = 0;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(path: string, keep: number, log: Logger) {
    this.#path = path;
    this.#keep = keep;
    this.#log = log;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** What was kept before. A line that cannot be read is left out. */
  async load(now: number): Promise<void> {
    const text = await readFile(this.#path, "utf8").catch(() => "");
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
    makeFolder(dirname(this.#path));
    if (this.#stale <= this.#samples.length + 1_000) {
      await appendFile(this.#path, linesOf(due), { mode: 0o600 });
      return;
    }
    this.#due = [];
    this.#stale = 0;
    await writeFile(`${this.#path}.next`, linesOf(this.#samples), { mode: 0o600 });
    await rename(`${this.#path}.next`, this.#path);
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

function linesOf(samples: readonly Sample[]): string {
  return samples.map((each) => `${JSON.stringify(each)}\n`).join("");
}
