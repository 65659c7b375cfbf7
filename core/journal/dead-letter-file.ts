import type { FileHandle } from "node:fs/promises";
import { folderOf, openPrivate } from "../kit/private-files.ts";

/**
 * Adds whole lines to a file until it has `size` bytes; 0 is no bound. Opened each time, since it is needed seldom: what
 * others have added or taken away counts, and so does what an earlier process left there.
 */
export class DeadLetterFile {
  readonly #path: string;
  readonly #size: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, size: number) {
    this.#path = path;
    this.#size = size;
  }

  /** Resolves with how many of the lines it has taken, the first ones. @throws SluiceError SLUICE_FILE_NOT_OURS, else the error of the file system */
  add(lines: readonly string[]): Promise<number> {
    const added = this.#last.then(() => this.#add(lines));
    this.#last = added.catch(() => undefined);
    return added;
  }

  async #add(lines: readonly string[]): Promise<number> {
    folderOf(this.#path);
    const handle = await openPrivate(this.#path, "append");
    try {
      return await this.#append(handle, lines);
    } finally {
      await handle.close();
    }
  }

  async #append(handle: FileHandle, lines: readonly string[]): Promise<number> {
    const pieces: Buffer[] = [];
    let { size } = await handle.stat();
    // A process that was killed may have left half a line: the next one does not continue it.
    if (size > 0 && !(await endsLine(handle, size))) pieces.push(Buffer.from("\n"));
    let taken = 0;
    for (const line of lines) {
      const bytes = Buffer.from(`${line}\n`);
      size += bytes.length;
      if (this.#size > 0 && size > this.#size) break;
      pieces.push(bytes);
      taken += 1;
    }
    if (taken > 0) await handle.writeFile(Buffer.concat(pieces));
    return taken;
  }
}

async function endsLine(handle: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}
