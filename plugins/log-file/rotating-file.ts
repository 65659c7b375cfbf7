import { type FileHandle, rename, rm, stat } from "node:fs/promises";
import { folderOf, openPrivate } from "../../core/kit/index.ts";

export interface Rotation {
  /** Bytes from where a new file begins; 0 never begins one. */
  readonly rotate: number;
  /** Full files to keep. */
  readonly keep: number;
}

interface LogFile {
  readonly handle: FileHandle;
  readonly inode: number;
  size: number;
}

/**
 * A file that lines are added to, and that is set aside as `path.1` before it grows beyond its bound: exactly between
 * two lines. Other processes may write or rotate the same file; this one notices by looking at the path.
 *
 * One call at a time.
 */
export class RotatingFile {
  readonly #path: string;
  readonly #home: string | undefined;
  #opened: LogFile | undefined;
  /** A write failed, perhaps in the middle of a line. */
  #torn = false;

  /** `home`: the folder of ours that it may lie in. */
  constructor(path: string, home?: string) {
    this.#path = path;
    this.#home = home;
  }

  async open(): Promise<void> {
    folderOf(this.#path, this.#home);
    await this.#reopen();
  }

  /** Resolves when the operating system has all of the lines, each of which ends with a line feed. */
  async write(lines: readonly string[], rotation: Rotation): Promise<void> {
    try {
      await this.#write(lines, rotation);
    } catch (error) {
      this.#torn = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    if (opened === undefined) return;
    await opened.handle.sync().catch(() => undefined);
    await opened.handle.close();
  }

  async #write(lines: readonly string[], { rotate, keep }: Rotation): Promise<void> {
    let file = await this.#current();
    let waiting: string[] = [];
    let bytes = 0;
    for (const line of lines) {
      const length = Buffer.byteLength(line);
      const size = file.size + bytes;
      if (rotate > 0 && size > 0 && size + length > rotate) {
        await put(file, waiting);
        waiting = [];
        bytes = 0;
        file = await this.#rotate(keep, rotate, length);
      }
      waiting.push(line);
      bytes += length;
    }
    await put(file, waiting);
  }

  /** The file as it is at the path now: somebody may have moved, emptied or extended it. */
  async #current(): Promise<LogFile> {
    const opened = this.#opened;
    const found = await stat(this.#path).catch(() => undefined);
    if (opened === undefined || this.#torn || found?.ino !== opened.inode) return this.#reopen();
    opened.size = found.size;
    return opened;
  }

  async #reopen(): Promise<LogFile> {
    const before = this.#opened;
    this.#opened = undefined;
    await before?.handle.close();
    // Only for its user: logs may say what people asked. A group that a person lets read them, such as a collector's, may.
    const handle = await openPrivate(this.#path, "append", 0o640);
    const { ino, size } = await handle.stat();
    this.#opened = { handle, inode: ino, size };
    if (size > 0) await endLine(this.#opened);
    this.#torn = false;
    return this.#opened;
  }

  async #rotate(keep: number, rotate: number, length: number): Promise<LogFile> {
    const current = await this.#current();
    // Another process was faster.
    if (current.size === 0 || current.size + length <= rotate) return current;
    if (keep === 0) await rm(this.#path, { force: true });
    else await rm(`${this.#path}.${keep}`, { force: true });
    for (let number = keep - 1; number >= 0; number--) {
      const from = number === 0 ? this.#path : `${this.#path}.${number}`;
      await rename(from, `${this.#path}.${number + 1}`).catch(unlessMissing);
    }
    return this.#reopen();
  }
}

async function put(file: LogFile, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const bytes = Buffer.from(lines.join(""));
  for (let written = 0; written < bytes.length; )
    written += (await file.handle.write(bytes, written, bytes.length - written)).bytesWritten;
  file.size += bytes.length;
}

/** A process that was killed may have left half a line: the next one does not continue it. */
async function endLine(file: LogFile): Promise<void> {
  const { buffer } = await file.handle.read(Buffer.alloc(1), 0, 1, file.size - 1);
  if (buffer[0] !== 0x0a) await put(file, ["\n"]);
}

function unlessMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}
