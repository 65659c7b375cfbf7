import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { SluiceError } from "../contract/errors.ts";
import { makeFolder } from "./make-folder.ts";
import { readDescriptor } from "./untrusted/plain-file.ts";

/** Of whoever owns it, and nobody else. */
const ownersFile = 0o600;
const ownersFolder = 0o700;
/** Bytes that are read of a file of ours. */
const largest = 64 * 1024 * 1024;

/** Not through a link, and without waiting for whoever holds the other end of a pipe. Windows knows neither. */
const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
const reading = constants.O_RDONLY | careful;
const appending = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | careful;
const anew = constants.O_RDWR | constants.O_TRUNC | constants.O_CREAT | careful;

/**
 * A folder of ours and those of `names` in it. Each is made where it is missing. Nobody else may look into them, whatever
 * the umask; one that is found open to others is closed to them.
 *
 * @throws SluiceError SLUICE_FILE_NOT_OURS for a link or a folder of somebody else, else the error of the file system
 */
export function privateFolder(path: string, ...names: readonly string[]): string {
  let whole = resolve(path);
  makePrivate(whole);
  for (const name of names) {
    whole = join(whole, name);
    makePrivate(whole);
  }
  return whole;
}

function makePrivate(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) makeFolder(path, ownersFolder);
  const status = found ?? lstatSync(path);
  if (status.isSymbolicLink()) throw notOurs(path, "it is a link");
  if (!status.isDirectory()) throw inTheWay(path);
  if (!isTrusted(status.uid)) throw notOurs(path, "the folder belongs to somebody else");
  // The umask may have taken rights of the owner too.
  if ((status.mode & 0o777) !== ownersFolder && mayChange(status.uid)) chmodSync(path, ownersFolder);
}

/**
 * The folder of a file of ours: a private one where it lies in `home`, else one that a person named. The latter keeps its
 * rights, and a link of that person's own is followed.
 */
export function folderOf(file: string, home?: string): void {
  const folder = dirname(resolve(file));
  const below = home === undefined ? undefined : relative(home, folder);
  if (home !== undefined && below !== undefined && below.split(sep)[0] !== "..") {
    privateFolder(home, ...below.split(sep).filter(Boolean));
    return;
  }
  const link = lstatSync(folder, { throwIfNoEntry: false });
  if (link?.isSymbolicLink() && !isTrusted(link.uid)) throw notOurs(folder, "it is a link of somebody else");
  makeFolder(folder, ownersFolder);
}

/** Reads a file that only we write. @throws SluiceError SLUICE_FILE_NOT_OURS, else the error of the file system */
export function readPrivate(path: string): string {
  return withDescriptor(path, reading, (file) => readDescriptor(file, fstatSync(file), largest).toString("utf8"));
}

/** Adds to a file of ours, which is made where it is missing. @throws as `readPrivate` does */
export function appendPrivate(path: string, text: string): void {
  withDescriptor(path, appending, (file) => writeFileSync(file, text));
}

/** Makes a file of ours where it is missing, and demands that what is there is one. @throws as `readPrivate` does */
export function demandPrivate(path: string): void {
  withDescriptor(path, appending, () => undefined);
}

/** Demands that what is there is a file of ours; nothing may be there. @throws as `readPrivate` does */
export function demandNoOther(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) withDescriptor(path, reading, () => undefined);
}

/** Opens a file of ours to be written by and by: at its end, or from its beginning. @throws as `readPrivate` does */
export async function openPrivate(path: string, where: "append" | "anew", most = ownersFile): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    // What is there is emptied when it is known to be ours.
    handle = await open(path, where === "append" ? appending : anew & ~constants.O_TRUNC, ownersFile);
  } catch (error) {
    throw refused(path, error);
  }
  try {
    const status = await handle.stat();
    demandOurs(path, status);
    if (isWide(status, most)) await handle.chmod(status.mode & most);
    if (where === "anew") await handle.truncate();
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Puts a whole file of ours in the place of whatever is there. @throws as `readPrivate` does */
export function writePrivate(path: string, content: string | Uint8Array): void {
  replaceFile(path, content, ownersFile);
}

/**
 * Puts a whole file in the place of whatever is there: a link is replaced, and what it leads to is left alone. Readers
 * see the one or the other. Without `mode` the umask decides who may read it.
 */
export function replaceFile(path: string, content: string | Uint8Array, mode?: number): void {
  const draft = writeDraft(path, content, mode);
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw refused(path, error);
  }
}

/** Writes a whole file beside `path`, under a name that nobody can know before. */
export function writeDraft(path: string, content: string | Uint8Array, mode?: number): string {
  const draft = `${path}.${randomBytes(8).toString("hex")}.draft`;
  try {
    // Refused where the name is taken, and so through no link.
    writeFileSync(draft, content, { flag: "wx", mode: mode ?? 0o666 });
    if (mode !== undefined) chmodSync(draft, mode);
    return draft;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function withDescriptor<T>(path: string, flags: number, use: (file: number) => T): T {
  let file: number;
  try {
    file = openSync(path, flags, ownersFile);
  } catch (error) {
    throw refused(path, error);
  }
  try {
    const status = fstatSync(file);
    demandOurs(path, status);
    if (isWide(status, ownersFile)) fchmodSync(file, ownersFile);
    return use(file);
  } finally {
    closeSync(file);
  }
}

/** A plain file of ours under this one name. */
function demandOurs(path: string, status: Stats): void {
  if (!status.isFile()) throw notOurs(path, status.isDirectory() ? "it is a folder" : "it is no plain file");
  if (status.nlink > 1) throw notOurs(path, "the same file has another name too");
  if (!isTrusted(status.uid) && status.uid !== statSync(dirname(path)).uid)
    throw notOurs(path, "it belongs to somebody else");
}

/** Others may do more than `most` says, or its owner less than is needed. */
function isWide({ mode, uid }: Stats, most: number): boolean {
  return mayChange(uid) && (mode & 0o777 & ~most) !== 0;
}

const self = () => process.geteuid?.();
/** It is ours or root's, or the system has no users. Root may use any file as it is. */
const isTrusted = (uid: number) => self() === undefined || uid === 0 || uid === self() || self() === 0;
const mayChange = (uid: number) => self() === undefined || uid === self() || self() === 0;

/** What the system says of a link (ELOOP), of a pipe that nobody reads (ENXIO), or of a folder. */
function refused(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ELOOP") return notOurs(path, "it is a link", error);
  if (code === "ENXIO") return notOurs(path, "it is no plain file", error);
  return code === "EISDIR" ? notOurs(path, "it is a folder", error) : error;
}

function notOurs(path: string, why: string, cause?: unknown): SluiceError {
  const message = `${path} is not a file of Sluicebox: ${why}`;
  return new SluiceError("SLUICE_FILE_NOT_OURS", message, { cause });
}

function inTheWay(path: string): Error {
  const details = { code: "EEXIST", syscall: "mkdir", path };
  return Object.assign(new Error(`EEXIST: file already exists, mkdir '${path}'`), details);
}
