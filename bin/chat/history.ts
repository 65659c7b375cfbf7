import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder, parseJson } from "../../core/kit/index.ts";

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
      lines = readFileSync(this.#file, "utf8").split("\n").filter(Boolean);
    } catch {
      return [];
    }
    if (lines.length > kept * 2) writeFileSync(this.#file, `${lines.slice(-kept).join("\n")}\n`, { mode: 0o600 });
    return lines.slice(-kept).reverse().flatMap(parsed);
  }

  /** A history that cannot be written must not end a chat. */
  append(line: string): void {
    try {
      makeFolder(dirname(this.#file), 0o700);
      appendFileSync(this.#file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
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
