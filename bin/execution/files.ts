import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { type SandboxFile, SluiceError } from "../../core/contract/index.ts";

/** Files of one folder that are put at once; more is likely to be the wrong folder. */
const mostFiles = 10_000;

/**
 * Reads files and folders of this machine that go into the workspace. Each keeps its own name, and a folder what is below
 * it; links within a folder are followed to files, and not to folders.
 * @throws SluiceError SLUICE_USAGE
 */
export async function readFiles(paths: readonly string[] = []): Promise<SandboxFile[]> {
  return (await Promise.all(paths.map(readPath))).flat();
}

async function readPath(path: string): Promise<SandboxFile[]> {
  const name = basename(resolve(path));
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return [{ path: name, content: await readInput(path) }];
  const found: string[] = [];
  for (const each of await readdir(path, { recursive: true, withFileTypes: true })) {
    const file = join(each.parentPath, each.name);
    if (!(each.isFile() || (each.isSymbolicLink() && (await stat(file).catch(() => undefined))?.isFile()))) continue;
    found.push(file);
    if (found.length > mostFiles) {
      throw new SluiceError("SLUICE_USAGE", `${path} has more than ${mostFiles} files`, {
        cure: "Put a folder with fewer, or pack them into one file.",
      });
    }
  }
  return Promise.all(
    found.sort().map(async (file) => ({
      path: [name, ...relative(path, file).split(sep)].join("/"),
      content: await readInput(file),
    })),
  );
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
