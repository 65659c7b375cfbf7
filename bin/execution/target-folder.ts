import { constants } from "node:fs";
import { lstat, mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { SluiceError } from "../../core/contract/index.ts";
import { fileFault, makeFolder, printable } from "../../core/kit/index.ts";

/** New names that are tried where one is taken. */
const mostNames = 1000;
/** Bytes of a name on every file system that matters. */
const longestName = 255;

/** Names that programs of this machine read and obey, wherever they lie; of folders too, and all that are hidden. */
const obeyed =
  /^(\..*|sluice\.yaml|(gnu)?makefile|justfile|rakefile|vagrantfile|package\.json|(conftest|sitecustomize|usercustomize)\.py|autorun\.inf|desktop\.ini|node_modules|claude\.md|agents\.md|.*\.(pth|exe|bat|cmd|com|scr|desktop|lnk|url|app|ps1|vbs|hta|msi|reg|jar))$/i;
/** In one folder they are a repository, whose settings name programs that Git runs. */
const ofRepository = /^(head|config|commondir)$/i;

/** The folder on this machine that takes the files of a program nobody has read. */
export class TargetFolder {
  readonly #folder: string;
  readonly #real: string;
  readonly #force: boolean;

  private constructor(folder: string, real: string, force: boolean) {
    this.#folder = folder;
    this.#real = real;
    this.#force = force;
  }

  /** @throws SluiceError SLUICE_OUTPUT_FAILED where the folder cannot be made */
  static async open(folder: string, force: boolean): Promise<TargetFolder> {
    const absolute = resolve(folder);
    try {
      makeFolder(absolute);
      return new TargetFolder(absolute, await realpath(absolute), force);
    } catch (error) {
      const message = `the folder ${folder} cannot be made: ${fileFault(error)}`;
      throw new SluiceError("SLUICE_OUTPUT_FAILED", message, {
        cause: error,
        cure: "Name a folder that you can write.",
      });
    }
  }

  /** @throws Error for a path that is no plain name inside the folder */
  demandPath(path: string): void {
    if (path === "" || printable(path) !== path) throw new Error("its name has characters that cannot be seen");
    const target = resolve(this.#folder, path);
    if (isAbsolute(path) || !target.startsWith(this.#folder + sep)) throw new Error("its path leaves the folder");
    for (const name of path.split(/[/\\]/)) {
      if (name.startsWith("-")) throw new Error("its name begins with a dash, and would be read as an option");
      if (name === "" || name === "." || name === "..") throw new Error("its path is not a plain one");
      if (name !== name.trim()) throw new Error("its name begins or ends with a space");
      if (Buffer.byteLength(name) > longestName) throw new Error("its name is too long");
    }
  }

  /** Writes a new file. Returns what is to be told of it: another name, or that it could be run. */
  async write(path: string, content: Uint8Array): Promise<string[]> {
    const parent = await this.#parentOf(path);
    const name = basename(path);
    const taken = this.#force ? await this.#over(parent, name, content) : await this.#beside(parent, name, content);
    const lines: string[] = [];
    if (taken !== name) lines.push(`${path} was there already: saved as ${taken}`);
    const why = runnable(path, content);
    if (why !== undefined) lines.push(`${path} ${why}: look at it before you use it`);
    return lines;
  }

  /** Each folder on the way is made, and none of them may be a link. */
  async #parentOf(path: string): Promise<string> {
    let parent = this.#real;
    for (const name of dirname(path).split("/")) {
      if (name === ".") continue;
      parent = join(parent, name);
      await mkdir(parent).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
      if (!(await lstat(parent)).isDirectory()) throw new Error("a link or a file is in the way of its folder");
    }
    const inside = relative(this.#real, await realpath(parent));
    if (inside.startsWith("..") || isAbsolute(inside)) throw new Error("a link leads out of the folder");
    return parent;
  }

  /** Under its own name, or the first one that is free. */
  async #beside(parent: string, name: string, content: Uint8Array): Promise<string> {
    const extension = extname(name);
    const stem = name.slice(0, name.length - extension.length);
    for (let number = 1; number <= mostNames; number += 1) {
      const candidate = number === 1 ? name : `${stem}-${number}${extension}`;
      try {
        await create(join(parent, candidate), content);
        return candidate;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
    throw new Error(`${mostNames} files of that name are there already`);
  }

  /** In the place of what is there: a link is replaced, and not followed. */
  async #over(parent: string, name: string, content: Uint8Array): Promise<string> {
    const fresh = join(parent, `.${process.pid}-${Date.now()}.sluice`);
    try {
      await create(fresh, content);
      await rename(fresh, join(parent, name));
    } catch (error) {
      await rm(fresh, { force: true });
      throw error;
    }
    return name;
  }
}

/** Never over a file, never through a link, never one that can be run. */
async function create(path: string, content: Uint8Array): Promise<void> {
  const file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o644,
  );
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

function runnable(path: string, content: Uint8Array): string | undefined {
  const start = Buffer.from(content.subarray(0, 4)).toString("latin1");
  if (
    start.startsWith("#!") ||
    start === "\u007fELF" ||
    start.startsWith("MZ") ||
    /^(\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe)/.test(start)
  ) {
    return "is a program";
  }
  const names = path.split("/");
  if (names.some((name) => obeyed.test(name))) return "has a name that programs obey";
  return ofRepository.test(names.at(-1) ?? "") ? "may make its folder a repository, which Git obeys" : undefined;
}
