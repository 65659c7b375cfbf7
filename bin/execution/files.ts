import { constants } from "node:fs";
import { open, readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import { type SandboxFile, SluiceError } from "../../core/contract/index.ts";
import { fileFault } from "../../core/kit/index.ts";
import { bytes } from "../output/style.ts";

/** Of one folder, put at once; more is likely to be the wrong folder. */
const most = { files: 10_000, bytes: 1024 ** 3 };
/** A link that takes the file's place meanwhile is not followed, and a pipe holds nobody. */
const asItIs = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads files and folders of this machine that go into the workspace. Each keeps its own name, and a folder what is below
 * it. Links within a folder are followed to its own files, and not to folders. Whoever made the folder, a program among
 * them, says by none of them which other file is given away.
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
    if (found.length > most.files) throw tooMuch(path, `more than ${most.files} files`);
  }
  const root = await realpath(path);
  const put: SandboxFile[] = [];
  let left = most.bytes;
  for (const file of found.sort()) {
    const content = await readWithin(root, file, left);
    left -= content?.length ?? 0;
    if (content === undefined) throw tooMuch(path, `more than ${bytes(most.bytes)}`);
    put.push({ path: [name, ...relative(path, file).split(sep)].join("/"), content });
  }
  return put;
}

/** What a file of the folder holds, undefined for more than `left` bytes. @throws SluiceError SLUICE_USAGE */
async function readWithin(root: string, file: string, left: number): Promise<Uint8Array | undefined> {
  try {
    const real = await realpath(file);
    const way = relative(root, real);
    if (way.startsWith("..") || isAbsolute(way)) {
      throw new SluiceError("SLUICE_USAGE", `${file} is a link to ${real}, outside of the folder that is put`, {
        cure: "Remove the link, or put the file that it leads to by its own name.",
      });
    }
    await using handle = await open(real, asItIs);
    // By its length, so that a file with holes is not read to find out how long it is.
    const found = await handle.stat();
    if (!found.isFile()) throw new Error("it is no plain file");
    return found.size > left ? undefined : await handle.readFile();
  } catch (error) {
    throw unreadable(file, error);
  }
}

function tooMuch(path: string, what: string): SluiceError {
  return new SluiceError("SLUICE_USAGE", `${path} has ${what}`, {
    cure: "Put a folder with fewer, or pack them into one file.",
  });
}

function unreadable(path: string, error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const message = `${path} cannot be read: ${fileFault(error)}`;
  return new SluiceError("SLUICE_USAGE", message, { cure: "Check the path.", cause: error });
}

export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}
