import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { SluiceError } from "../../core/contract/index.ts";
import type { Fetch } from "../../core/kit/index.ts";

export interface Download {
  readonly url: string;
  readonly path: string;
  /** Expected checksum; without it the server's own is taken where it tells one. */
  readonly sha256?: string;
}

export type OnBytes = (received: number, total: number | undefined) => void;

/** Attempts after a connection that broke; each goes on where the last one stopped. */
const attempts = 4;

/**
 * Fetches a file to `path`. What was received before is kept in `path.part` and continued. The checksum is that of the
 * whole file. `path` appears only when everything is right.
 *
 * @throws SluiceError SLUICE_MODEL_DOWNLOAD
 */
export async function download(what: Download, fetch: Fetch, onBytes: OnBytes, signal: AbortSignal): Promise<void> {
  const part = `${what.path}.part`;
  await mkdir(dirname(what.path), { recursive: true });
  let expected = what.sha256;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const told = await receive(what.url, part, fetch, onBytes, signal);
      expected ??= told;
      break;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SluiceError && !error.retryable) throw error;
      if (attempt === attempts) throw failed(what.url, error);
    }
  }
  const actual = await checksum(part, signal);
  if (expected !== undefined && actual !== expected) {
    await rm(part, { force: true });
    throw new SluiceError("SLUICE_MODEL_DOWNLOAD", `${what.url}: the checksum is ${actual} and not ${expected}.`);
  }
  await rename(part, what.path);
}

/** Receives what is missing of `part`; resolves to the checksum that the server tells, if it does. */
async function receive(
  url: string,
  part: string,
  fetch: Fetch,
  onBytes: OnBytes,
  signal: AbortSignal,
): Promise<string | undefined> {
  const have = await sizeOf(part);
  const response = await fetch(url, { headers: have > 0 ? { range: `bytes=${have}-` } : {}, signal });
  if (response.status === 416) {
    await response.body?.cancel();
    if (response.headers.get("content-range") === `bytes */${have}`) return toldChecksum(response);
    await rm(part, { force: true });
    return receive(url, part, fetch, onBytes, signal);
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new SluiceError("SLUICE_MODEL_DOWNLOAD", `${url}: the server answered with HTTP ${response.status}.`, {
      retryable: response.status >= 500 || response.status === 429,
    });
  }
  const resumed = response.status === 206;
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  let received = resumed ? have : 0;
  const total = Number.isFinite(length) ? received + length : undefined;
  // Written piece by piece, so that all that was received is there to go on from when the connection breaks.
  const file = await open(part, resumed ? "a" : "w");
  try {
    for await (const chunk of response.body) {
      await file.write(chunk);
      received += chunk.length;
      onBytes(received, total);
    }
  } finally {
    await file.close();
  }
  if (total !== undefined && received !== total) throw new Error(`${received} bytes of ${total}`);
  return toldChecksum(response);
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
