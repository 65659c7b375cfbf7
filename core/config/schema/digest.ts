import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Source } from "../read/source.ts";
import type { Draft } from "./draft-instances.ts";

/** Files of one plugin that are read for it; a plugin of more is named by their number as well. */
const mostFiles = 5_000;

/**
 * Names a profile as it was read: where it lies, its text, the texts it extends, and every file of the plugins whose code
 * it would import. What those plugins depend on (`node_modules`) is not looked at.
 */
export function digestOf(sources: readonly Source[], drafts: readonly Draft[]): string {
  const hash = createHash("sha256");
  const add = (name: string, content: string | Buffer) => {
    hash.update(`${Buffer.byteLength(name)}:${name}\n${Buffer.byteLength(content)}:`).update(content);
  };
  for (const { path, text } of sources) add(realPath(path), text);
  const folders = drafts.flatMap(({ plugin }) =>
    plugin === undefined || plugin.origin === "built-in" ? [] : [realPath(plugin.folder)],
  );
  for (const folder of [...new Set(folders)].sort()) {
    const files = filesOf(folder).sort();
    add(folder, String(files.length));
    for (const file of files.slice(0, mostFiles)) add(file, contentOf(file));
  }
  return hash.digest("hex");
}

function filesOf(folder: string): string[] {
  const entries: Dirent[] = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/](node_modules|\.git)[\\/]/.test(path.slice(folder.length)));
}

function contentOf(file: string): Buffer | string {
  try {
    return readFileSync(file);
  } catch {
    // A link that leads nowhere, or what may not be read: neither can be imported.
    return "unreadable";
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
