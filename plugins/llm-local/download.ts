import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { SluiceError } from "../../core/contract/index.ts";
import { type Fetch, folderOf, openPrivate, plural } from "../../core/kit/index.ts";
import { answered, httpPause } from "./hub-answer.ts";

export interface Download {
  readonly url: string;
  readonly path: string;
  /** Expected checksum; without it the server's own is taken where it tells one. */
  readonly sha256?: string | undefined;
  /** Expected bytes: a server that has another number has another file. */
  readonly size?: number | undefined;
  /** What the file begins with, such as `GGUF`: a page that asks to sign in begins otherwise. */
  readonly magic?: string;
}

export type OnBytes = (received: number, total: number | undefined) => void;

export interface DownloadMeans {
  readonly fetch: Fetch;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onBytes?: OnBytes;
  /** `Bearer` of the server itself; a redirect to another takes it nowhere. */
  readonly token?: string | undefined;
}

/** Attempts after a connection that broke; each goes on where the last one stopped. */
const attempts = 4;
/** Milliseconds without a byte after which a connection counts as broken. */
const longestSilence = 60_000;

/**
 * Fetches a file to `path`. What was received before is kept in `path.part` and continued. The checksum is that of the
 * whole file. `path` appears only when everything is right.
 *
 * Resolves to whether there was a checksum to compare with, ours or the server's.
 *
 * @throws SluiceError SLUICE_MODEL_DOWNLOAD
 */
export async function download(what: Download, means: DownloadMeans, signal: AbortSignal): Promise<boolean> {
  const part = `${what.path}.part`;
  folderOf(what.path);
  const began = await sizeOf(part);
  let compared: boolean;
  try {
    compared = await whole(what, part, means, signal);
  } catch (error) {
    // What lay there may have been the beginning of another version: it is gone now, and so all of it is asked for.
    if (began === 0 || (await sizeOf(part)) > 0) throw error;
    signal.throwIfAborted();
    compared = await whole(what, part, means, signal);
  }
  await rename(part, what.path);
  await rm(tagFile(part), { force: true });
  return compared;
}

/** What the server calls the version that `part` is the beginning of. */
const tagFile = (part: string) => `${part}.etag`;

async function discard(part: string): Promise<void> {
  for (const path of [part, tagFile(part)]) await rm(path, { force: true });
}

/** Receives all of it; what turns out to be wrong is removed. */
async function whole(what: Download, part: string, means: DownloadMeans, signal: AbortSignal): Promise<boolean> {
  const told = await received(what, part, means, signal);
  const expected = what.sha256 ?? told;
  await verify(what, part, expected, signal).catch(async (error) => {
    if (!signal.aborted) await discard(part);
    throw error;
  });
  return expected !== undefined;
}

/** Tries until the file is whole; resolves to the checksum that the server tells, if it does. */
async function received(
  what: Download,
  part: string,
  means: DownloadMeans,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await receive(what, part, means, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (SluiceError.is(error) && !error.retryable) throw error;
      if (diskRefuses(error)) throw refused(part, error);
      if (attempt === attempts) throw failed(what.url, error);
      const pause = httpPause(error, attempt);
      if (pause === undefined) throw failed(what.url, error);
      if (pause > 0) await means.sleep(pause, signal);
    }
  }
}

async function verify(
  { url, size, magic }: Download,
  part: string,
  expected: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const wrong = (why: string) => new SluiceError("SLUICE_MODEL_DOWNLOAD", `${url}: ${why}.`);
  const have = await sizeOf(part);
  if (size !== undefined && have !== size) throw wrong(`the file has ${plural(have, "byte")} and not ${size}`);
  if (magic !== undefined && (await beginningOf(part, magic.length)) !== magic) {
    throw wrong(`what came is no ${magic} file; is it a page that asks to sign in?`);
  }
  if (expected === undefined) return;
  const actual = await checksum(part, signal);
  if (actual !== expected) throw wrong(`the checksum is ${actual} and not ${expected}`);
}

/** Receives what is missing of `part`; resolves to the checksum that the server tells, if it does. */
async function receive(
  what: Download,
  part: string,
  means: DownloadMeans,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { url } = what;
  let have = await sizeOf(part);
  if (what.size !== undefined && have > what.size) {
    await discard(part);
    have = 0;
  }
  if (have > 0 && have === what.size) return undefined;
  const stalled = new AbortController();
  const either = AbortSignal.any([signal, stalled.signal]);
  // Without a checksum nothing else tells that the rest is of another version than the beginning.
  const tag = have > 0 && what.sha256 === undefined ? await readFile(tagFile(part), "utf8").catch(() => "") : "";
  const headers = {
    ...(have > 0 ? { range: `bytes=${have}-` } : {}),
    ...(tag === "" ? {} : { "if-range": tag }),
    ...(means.token === undefined ? {} : { authorization: `Bearer ${means.token}` }),
  };
  const response = await means.fetch(url, { headers, signal: either });
  const ownTag = response.headers.get("etag") ?? "";
  if (response.status === 416 && have > 0) {
    await response.body?.cancel();
    if (response.headers.get("content-range") === `bytes */${have}`) return toldChecksum(response);
    await discard(part);
    return receive(what, part, means, signal);
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw answered(url, response, means.token !== undefined);
  }
  // A server that goes on somewhere else than was asked for would leave a hole, or write a piece twice.
  const from = Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? have);
  const isOther = tag !== "" && ownTag !== "" && ownTag !== tag;
  const resumed = response.status === 206 && from === have && !isOther;
  if (response.status === 206 && !resumed) {
    await response.body.cancel();
    await discard(part);
    throw new Error(isOther ? "the file has changed" : `the server went on at byte ${from} and not at ${have}`);
  }
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  const start = resumed ? have : 0;
  const linked = response.headers.get("x-linked-size") ?? "";
  const size = what.size ?? (/^\d{1,15}$/.test(linked) ? Number(linked) : undefined);
  const total = Number.isFinite(length) ? start + length : size;
  if (size !== undefined && total !== undefined && total !== size) {
    await response.body.cancel();
    throw new SluiceError("SLUICE_MODEL_DOWNLOAD", `${url}: the server has ${plural(total, "byte")} and not ${size}.`, {
      retryable: false,
      cure: "Take another mirror, or leave the option away that names it.",
    });
  }
  await refuseFullDisk(part, url, total === undefined ? 0 : total - start);
  await write(response.body, { part, resumed, start, total, means, stalled, signal, tag: ownTag });
  return toldChecksum(response);
}

/** A weak tag does not speak of bytes. */
async function keepTag(part: string, tag: string): Promise<void> {
  await rm(tagFile(part), { force: true });
  if (!tag.startsWith(`"`)) return;
  await using file = await openPrivate(tagFile(part), "anew");
  await file.write(tag);
}

interface Writing {
  readonly part: string;
  readonly resumed: boolean;
  readonly start: number;
  readonly total: number | undefined;
  readonly means: DownloadMeans;
  readonly stalled: AbortController;
  readonly signal: AbortSignal;
  /** What the server calls this version. */
  readonly tag: string;
}

/** Piece by piece, so that all that was received is there to go on from when the connection breaks. */
async function write(body: ReadableStream<Uint8Array>, writing: Writing): Promise<void> {
  const { part, resumed, start, total, means, stalled, signal, tag } = writing;
  let received = start;
  const done = new AbortController();
  void whenSilent(() => received, means.sleep, AbortSignal.any([signal, done.signal])).then(
    () => stalled.abort(new Error(`no byte for ${longestSilence / 1000} s`)),
    () => undefined,
  );
  const file = await openPrivate(part, resumed ? "append" : "anew");
  try {
    for await (const chunk of body) {
      received += chunk.length;
      if (total !== undefined && received > total)
        throw new Error(`more than the ${plural(total, "byte that was", "bytes that were")} told`);
      // Unlike `write`, it writes all of it or fails.
      await file.appendFile(chunk);
      // Not before: what a connection brought is lost when it breaks while nobody reads.
      if (!resumed && received === start + chunk.length) await keepTag(part, tag);
      means.onBytes?.(received, total);
    }
  } finally {
    done.abort();
    await file.close();
  }
  if (total !== undefined && received !== total) throw new Error(`${plural(received, "byte")} of ${total}`);
}

/** Resolves when nothing was received for so long; rejects when it is over. */
async function whenSilent(received: () => number, sleep: DownloadMeans["sleep"], over: AbortSignal): Promise<void> {
  for (let before = -1; before !== received(); ) {
    before = received();
    await sleep(longestSilence, over);
  }
}

async function refuseFullDisk(part: string, url: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(part));
  const free = bavail * bsize;
  if (needed <= free) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new SluiceError(
    "SLUICE_MODEL_DOWNLOAD",
    `${url} needs ${megabytes(needed)}, and the disk has ${megabytes(free)}.`,
    {
      retryable: false,
      cure: "Make room, or set SLUICE_HOME to a folder on another disk.",
    },
  );
}

const diskRefuses = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && /^(ENOSPC|EDQUOT|EROFS|EFBIG)$/.test((error as NodeJS.ErrnoException).code ?? "");

/** No further attempt makes room. What came so far is kept. */
function refused(part: string, { code }: NodeJS.ErrnoException): SluiceError {
  return new SluiceError("SLUICE_MODEL_DOWNLOAD", `${part} could not be written: ${code}.`, {
    retryable: false,
    cure: "Make room and run the command again, or set SLUICE_HOME to a folder on another disk.",
  });
}

async function beginningOf(path: string, length: number): Promise<string> {
  await using file = await open(path, "r");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  const text = buffer.toString("latin1", 0, bytesRead);
  return text;
}

/** Hubs give the checksum of large files as their ETag, on the redirect as `x-linked-etag`. */
function toldChecksum(response: Response): string | undefined {
  const tag = response.headers.get("x-linked-etag") ?? response.headers.get("etag") ?? "";
  return /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(tag)?.[1];
}

export async function checksum(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}

export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (info) => info.size,
    () => 0,
  );
}

function failed(url: string, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SluiceError("SLUICE_MODEL_DOWNLOAD", `${url}: ${reason}.`);
}
