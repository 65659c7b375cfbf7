import { dirname } from "node:path";
import { appendPrivate, parseJson, privateFolder, readPrivate, writePrivate } from "../../core/kit/index.ts";

/** Lines kept; older ones are forgotten when a chat begins. */
const kept = 1000;

/** The lines of earlier chats, newest first as readline wants them. Each is JSON, so that one may hold several lines. */
export class History {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  read(): string[] {
    let lines: string[];
    try {
      lines = readPrivate(this.#file).split("\n").filter(Boolean);
      if (lines.length > kept * 2) writePrivate(this.#file, `${lines.slice(-kept).join("\n")}\n`);
    } catch {
      return [];
    }
    return lines.slice(-kept).reverse().flatMap(parsed);
  }

  /** A history that cannot be written must not end a chat. */
  append(line: string): void {
    try {
      privateFolder(dirname(this.#file));
      appendPrivate(this.#file, `${JSON.stringify(line)}\n`);
    } catch {
      // Only the next chat's arrow keys would notice.
    }
  }
}

function parsed(line: string): string[] {
  try {
    const value = parseJson(line);
    return typeof value === "string" ? [value] : [];
  } catch {
    return [];
  }
}
