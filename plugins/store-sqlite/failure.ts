import type { DatabaseSync } from "node:sqlite";
import { SluiceError } from "../../core/contract/index.ts";

/** Result codes of SQLite, from https://www.sqlite.org/rescode.html; extended ones carry them in the low byte. */
const codes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  inOut: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
};

const notWritable = "Give this user the right to write the file and its folder, or set `path` of the store.";
const damaged =
  "Move the file away, or put a good copy in its place; without one a new file is made. " +
  "`sqlite3 FILE .recover` saves what can be read.";
const held = "End the program that holds the file, such as a database browser or a backup (`fuser FILE` names it).";

const cures: Readonly<Record<number, string>> = {
  [codes.busy]: held,
  [codes.locked]: held,
  [codes.readOnly]: notWritable,
  [codes.cannotOpen]: notWritable,
  [codes.corrupt]: damaged,
  [codes.notADatabase]: "Move the file away, or set `path` of the store to another one: this is not a database.",
  [codes.full]:
    "Make room on the disk, or set `path` of the store to another one; until then runs are in memory alone.",
  [codes.inOut]: "Look at the disk: it is full, gone, or failing; or a limit on the size of files is reached.",
};

/** Pages of 4 KiB, some 0.2 s. */
const longestLook = 50_000;

/** What the file system says where a file or a folder cannot be made. */
const notWritableErrors = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"]);

function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Another process holds the file; it will be free in a moment. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === codes.busy || code === codes.locked;
}

/** There is no room for more. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === codes.full || (error as NodeJS.ErrnoException | null)?.code === "ENOSPC";
}

export function storeFailure(path: string, error: unknown): SluiceError {
  if (SluiceError.is(error)) return SluiceError.from(error);
  const code = codeOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  const message = code === codes.constraint ? "an event is in the store already" : reason;
  const cure = isFull(error) ? cures[codes.full] : code === undefined ? undefined : cures[code];
  const readOnly =
    code === codes.readOnly ||
    code === codes.cannotOpen ||
    notWritableErrors.has((error as NodeJS.ErrnoException).code ?? "");
  return new SluiceError(readOnly ? "SLUICE_STORE_READ_ONLY" : "SLUICE_STORE_FAILED", `${path}: ${message}`, {
    cause: error,
    ...(cure && { cure }),
  });
}

/** Reads the file's structure, as far as that takes no longer than a person waits. Throws what SQLite finds. */
export function examine(database: DatabaseSync): void {
  const pages = Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
  if (pages > longestLook) return void database.prepare("SELECT max(id) FROM events").get();
  const found = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {});
  if (found[0] !== "ok") throw Object.assign(new Error(String(found[0])), { errcode: codes.corrupt });
}

export function replaced(path: string): SluiceError {
  return new SluiceError("SLUICE_STORE_REPLACED", `${path} was deleted or replaced while it was in use`);
}
