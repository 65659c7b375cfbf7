import { lstatSync, rmSync } from "node:fs";
import { writePrivate } from "../../core/kit/index.ts";

/** What the ends of some runs take, in pages of the file and of its log. */
const bytes = 256 * 1024;

/**
 * Room on the disk that is given back when the disk is full. How runs ended can then still be written: without it they
 * would be taken for runs whose host died.
 */
export class Reserve {
  readonly #path: string;

  /** `path`: the file that holds the room. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the room, unless it is there. A disk that has none left is told of elsewhere. */
  fill(): void {
    try {
      const there = lstatSync(this.#path, { throwIfNoEntry: false });
      if (there?.isFile() && there.size === bytes) return;
      writePrivate(this.#path, Buffer.alloc(bytes, 0x2e));
    } catch {
      this.release();
    }
  }

  /** Gives the room back. False when there was none. */
  release(): boolean {
    try {
      rmSync(this.#path);
      return true;
    } catch {
      return false;
    }
  }
}
