import { SluiceError } from "../../core/contract/index.ts";

/** Result codes of SQLite, from https://www.sqlite.org/rescode.html; extended ones carry them in the low byte. */
const codes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
};

const cures: Readonly<Record<number, string>> = {
  [codes.readOnly]: "Give this user the right to write the file and its folder, or set `path` of the store.",
  [codes.cannotOpen]: "Give this user the right to write the file and its folder, or set `path` of the store.",
  [codes.corrupt]: "Move the file away, or put a good copy in its place; without one a new file is made.",
  [codes.notADatabase]: "Move the file away, or put a good copy in its place; without one a new file is made.",
  [codes.full]: "Make room on the disk.",
};

function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Another process holds the file; it will be free in a moment. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === codes.busy || code === codes.locked;
}

export function storeFailure(path: string, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const code = codeOf(error);
  const cure = code === undefined ? undefined : cures[code];
  const reason = error instanceof Error ? error.message : String(error);
  const message = code === codes.constraint ? "an event is in the store already" : reason;
  return new SluiceError("SLUICE_STORE_FAILED", `${path}: ${message}`, { cause: error, ...(cure && { cure }) });
}
