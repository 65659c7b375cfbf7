import { createHash } from "node:crypto";
import { readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { readPlainFile } from "../../kit/untrusted/plain-file.ts";
import type { ProfileSource } from "../read/source.ts";
import type { Draft } from "./draft-instances.ts";

/** Folders of what a plugin depends on, and of what it was. */
const leftOut: ReadonlySet<string> = new Set(["node_modules", ".git"]);
/** What one plugin may have, so that it can be known by its content. */
const most = { files: 5_000, bytes: 256 * 1024 * 1024 };

/**
 * Names a profile as it was read: where it lies, its text, the texts it extends, and every file of the plugins whose code
 * it would import. What those plugins depend on (`node_modules`) is not looked at. Undefined where a plugin has more than
 * can be looked at: what was not looked at could change, and nobody would be asked again.
 */
export function digestOf(sources: readonly ProfileSource[], drafts: readonly Draft[]): string | undefined {
  const hash = createHash("sha256");
  const add = (name: string, content: string | Buffer) => {
    hash.update(`${Buffer.byteLength(name)}:${name}\n${Buffer.byteLength(content)}:`).update(content);
  };
  for (const { path, text } of sources) add(realPath(path), text);
  const folders = drafts.flatMap(({ plugin }) =>
    plugin === undefined || plugin.origin === "built-in" ? [] : foldersOf(plugin),
  );
  for (const folder of [...new Set(folders)].sort()) {
    const files = filesOf(folder);
    if (files === undefined) return undefined;
    add(folder, String(files.length));
    let left = most.bytes;
    for (const file of files) {
      const content = contentOf(file, left);
      if (content === undefined) return undefined;
      left -= content.length;
      add(file, content);
    }
  }
  return hash.digest("hex");
}

/** Its own, and that of what is imported: an entry may lie beside the folder, or in one that is left out of it. */
function foldersOf({ folder, entry }: NonNullable<Draft["plugin"]>): readonly string[] {
  const own = realPath(folder);
  const code = dirname(realPath(entry));
  const way = relative(own, code).split(sep);
  const isIn = way[0] !== ".." && !isAbsolute(way.join(sep)) && !way.some((name) => leftOut.has(name));
  return isIn ? [own] : [own, code];
}

/** Links are followed as an import follows them, each folder once; undefined when there are too many. */
export function filesOf(top: string): readonly string[] | undefined {
  const files: string[] = [];
  const seen = new Set<string>();
  const folders = [top];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const real = realPath(folder);
    if (seen.has(real)) continue;
    seen.add(real);
    if (seen.size > most.files) return undefined;
    for (const { name } of readdirSync(folder, { withFileTypes: true })) {
      if (leftOut.has(name)) continue;
      const path = join(folder, name);
      if (isFolder(path)) folders.push(path);
      else files.push(path);
      if (files.length + folders.length > most.files) return undefined;
    }
  }
  return files.sort();
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // A link that leads nowhere, or in a circle.
    return false;
  }
}

function isPlain(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Undefined for a file that is larger than what is left to be read. */
export function contentOf(file: string, left: number): Buffer | string | undefined {
  // A pipe, a device, or a link that leads nowhere: none can be imported.
  if (!isPlain(file)) return "unreadable";
  try {
    return readPlainFile(file, left);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? "unreadable" : undefined;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
