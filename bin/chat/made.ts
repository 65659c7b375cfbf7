import type { EventOf, RunEvent } from "../../core/contract/index.ts";
import { RunResult } from "../execution/collected.ts";
import { contentOfResult } from "../execution/result-file.ts";

/** Bytes of shown values that are kept for `/get`; the oldest go first. */
const mostBytes = 256 * 1024 * 1024;

/** What the programs of a conversation made: files by their paths, and values that were shown, such as pictures. */
export class MadeFiles {
  readonly #files = new Map<string, EventOf<"exec-file">>();
  #results: EventOf<"exec-result">[] = [];
  #bytes = 0;

  observe(event: RunEvent): void {
    if (event.type === "exec-file") this.#files.set(event.data.path, event);
    if (event.type !== "exec-result") return;
    this.#results.push(event);
    this.#bytes += sizeOf(event);
    while (this.#bytes > mostBytes && this.#results.length > 1) {
      const oldest = this.#results.shift();
      if (oldest !== undefined) this.#bytes -= sizeOf(oldest);
    }
  }

  /** What `/get` lists: each file, and each value that was shown and can be one. */
  list(): string[] {
    const shown = this.#results.flatMap(({ data }) => contentOfResult(data.data) ?? []);
    return [...this.#files.keys(), ...shown.map(({ extension }, index) => `result-${index + 1}.${extension}`)];
  }

  /** Writes all of it into a folder. Returns lines about what went otherwise than expected. */
  save(folder: string, file: (path: string) => Promise<Uint8Array>): Promise<string[]> {
    const collected = new RunResult(folder);
    for (const event of [...this.#files.values(), ...this.#results]) collected.observe(event);
    return collected.save({ file });
  }

  clear(): void {
    this.#files.clear();
    this.#results = [];
    this.#bytes = 0;
  }
}

function sizeOf({ data }: EventOf<"exec-result">): number {
  return Object.values(data.data).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 0),
    0,
  );
}
