import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it, where they are missing; `mode` is of those that it makes. Node's own
 * `recursive: true` never returns below `/proc`, where the parent is there and ENOENT is the answer all the same.
 *
 * @throws the error of the file system
 */
export function makeFolder(path: string, mode?: number): void {
  const whole = resolve(path);
  const missing: string[] = [];
  for (let at = whole; !existsSync(at); at = dirname(at)) missing.push(at);
  for (const folder of missing.reverse()) makeOne(folder, mode);
  if (missing.length === 0) demandFolder(whole);
}

function makeOne(folder: string, mode: number | undefined): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    demandFolder(folder);
  }
}

/** What Node's own call says of a file, or a link to nothing, in the way. */
function demandFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const details = { code: "EEXIST", syscall: "mkdir", path };
  throw Object.assign(new Error(`EEXIST: file already exists, mkdir '${path}'`), details);
}
