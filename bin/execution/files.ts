import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type SandboxFile, SluiceError } from "../../core/contract/index.ts";

/** Reads files of this machine that go into the workspace, under their own names. @throws SluiceError SLUICE_USAGE */
export function readFiles(paths: readonly string[] = []): Promise<SandboxFile[]> {
  return Promise.all(paths.map(async (path) => ({ path: basename(path), content: await readInput(path) })));
}

export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message;
    throw new SluiceError("SLUICE_USAGE", `${path} cannot be read: ${reason}`, {
      cure: "Check the path.",
      cause: error,
    });
  }
}
