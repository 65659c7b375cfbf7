import { resolve } from "node:path";
import { type EventOf, type RunEvent, type RunHandle, textOfThrown } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { bytes } from "../output/style.ts";
import { contentOfResult } from "./result-file.ts";
import { TargetFolder } from "./target-folder.ts";

/** Bytes that one run may write on this machine, files and shown values together. */
const mostBytes = 1024 * 1024 * 1024;

export interface CollectedOptions {
  /** Writes over what is there, where a new name would be taken. */
  readonly force?: boolean;
  readonly mostBytes?: number;
}

/**
 * Gathers what a run makes, files and shown values, and writes it into one folder. Nobody has read the program that made
 * them: nothing that is there already is touched, no link is followed, and what could be run is told.
 */
export class RunResult {
  readonly #folder: string;
  readonly #options: CollectedOptions;
  readonly #files = new Map<string, number>();
  readonly #results: EventOf<"exec-result">["data"][] = [];

  constructor(folder: string, options: CollectedOptions = {}) {
    this.#folder = resolve(folder);
    this.#options = options;
  }

  observe(event: RunEvent): void {
    if (event.type === "exec-file") this.#files.set(event.data.path, event.data.size);
    if (event.type === "exec-result") this.#results.push(event.data);
  }

  /** Returns a line for each thing that was not saved, or saved otherwise than it was named. */
  async save(handle: Pick<RunHandle, "file">): Promise<string[]> {
    const folder = await TargetFolder.open(this.#folder, this.#options.force ?? false);
    const lines: string[] = [];
    const most = this.#options.mostBytes ?? mostBytes;
    let total = 0;
    const within = (size: number): void => {
      if (total + size > most) throw new Error(`more than ${bytes(most)} in all`);
    };
    const save = async (path: string, size: number, read: () => Promise<Uint8Array>): Promise<void> => {
      try {
        // By its length, so that a file with holes is not fetched to find out how long it is.
        within(size);
        folder.demandPath(path);
        const content = await read();
        within(content.length);
        total += content.length;
        lines.push(...(await folder.write(path, content)));
      } catch (error) {
        lines.push(`${printable(path)} was not fetched: ${printable(textOfThrown(error))}`);
      }
    };
    for (const [path, size] of this.#files) await save(path, size, () => handle.file(path));
    let number = 0;
    for (const result of this.#results) {
      const content = contentOfResult(result.data);
      if (content === undefined) continue;
      let name: string;
      do {
        number += 1;
        name = `result-${number}.${content.extension}`;
      } while (this.#files.has(name));
      await save(name, content.bytes.length, async () => content.bytes);
    }
    return lines;
  }
}
