import { linkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createOwner, isOwnerAlive, writingState } from "../../core/command-line.ts";
import { type HostOwner, SluiceError } from "../../core/contract/index.ts";
import { parseJson, privateFolder, readPrivate, writeDraft, writePrivate } from "../../core/kit/index.ts";

/** Where the host of this user is found, and what it wants to hear. Only its owner can read it. */
export interface HostFile extends HostOwner {
  /** Null when no transport has one, such as one that connects to somewhere by itself. */
  readonly address: string | null;
  /** The transport's that serves `sluice.v1`; null when the profile has none. */
  readonly url: string | null;
  /** What the transport behind `url` asks for, else the host's own, which every other one takes. */
  readonly token: string;
  /** Absolute path of the profile it serves. */
  readonly profile: string;
  /** `--listen` as it was given; null where the profile decides. */
  readonly listen: string | null;
}

const fileName = "host.json";

/** The host that is up, or undefined; a file that a dead host left is as good as none. */
export function readHostFile(stateFolder: string): HostFile | undefined {
  try {
    const file = parseJson(readPrivate(join(stateFolder, fileName))) as HostFile;
    return isOwnerAlive(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** `http://127.0.0.1:8000 (pid 12)`. */
export function nameOf({ address, pid }: HostFile): string {
  return address === null ? `pid ${pid}` : `${address} (pid ${pid})`;
}

/** @throws SluiceError SLUICE_HOST_RUNNING */
export function refuseSecondHost(stateFolder: string): void {
  const other = readHostFile(stateFolder);
  if (other === undefined) return;
  throw new SluiceError("SLUICE_HOST_RUNNING", `a host is up already: ${nameOf(other)}`, {
    cure: "Stop it with `sluice down`, or set SLUICE_HOME to another folder.",
  });
}

export interface WrittenHostFile extends Disposable {
  /** Puts other details in their place, at once: another token, or where the host is found after a reload. */
  update(details: Partial<Pick<HostFile, "address" | "url" | "token">>): void;
}

/**
 * Writes the file, which is removed when what it gives back is disposed of. Of two hosts that start at once one gets it:
 * a link, unlike a rename, is refused where the name is taken.
 */
export function writeHostFile(
  stateFolder: string,
  details: Pick<HostFile, "address" | "url" | "token" | "profile" | "listen">,
): WrittenHostFile {
  const file: HostFile = { ...details, ...createOwner() };
  const path = join(stateFolder, fileName);
  writingState(stateFolder, () => privateFolder(stateFolder));
  writingState(stateFolder, () => writeOnce(stateFolder, path, file));
  const own = () => readHostFile(stateFolder)?.host === file.host;
  return {
    update(changed) {
      Object.assign(file, changed);
      if (own()) writePrivate(path, textOf(file));
    },
    [Symbol.dispose]() {
      if (own()) rmSync(path, { force: true });
    },
  };
}

function writeOnce(stateFolder: string, path: string, file: HostFile): void {
  const draft = writeDraft(path, textOf(file), 0o600);
  try {
    refuseSecondHost(stateFolder);
    rmSync(path, { force: true });
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") refuseSecondHost(stateFolder);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function textOf(file: HostFile): string {
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
