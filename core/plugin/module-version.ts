import { createRequire, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import type { DiscoveredPlugin } from "../config/plan.ts";

/** What the modules of a folder were when they were imported first: those have their plain addresses. */
const first = new Map<string, string>();
/** Folders by the version that stands in the addresses of their modules. */
const folders = new Map<string, string>();
const name = "code";

/**
 * The address of a plugin's module. An address is imported once in a process, so changed code has another one. The plugin's
 * own modules that it imports have others as well. What was imported before stays in memory for as long as the process lives.
 */
export function moduleAddress({ entry, folder, code }: DiscoveredPlugin): string {
  const plain = pathToFileURL(entry).href;
  if (code === undefined) return plain;
  const before = first.get(folder);
  if (before === undefined) first.set(folder, code.digest);
  if (before === undefined || before === code.digest) return plain;
  const version = code.digest.slice(0, 16);
  if (!folders.has(version)) begin(version, folder);
  return `${plain}?${name}=${version}`;
}

function begin(version: string, folder: string): void {
  if (folders.size === 0) passVersionsOn();
  folders.set(version, `${pathToFileURL(folder).href}/`);
  const { cache } = createRequire(import.meta.url);
  for (const path of Object.keys(cache)) if (isOwn(path, `${folder}/`)) delete cache[path];
}

/** A module of a version imports its neighbours in the same version. */
function passVersionsOn(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const version = /\?code=([0-9a-f]{16})$/.exec(context.parentURL ?? "")?.[1];
      const folder = version === undefined ? undefined : folders.get(version);
      if (folder === undefined || found.url.includes("?") || !isOwn(found.url, folder)) return found;
      return { ...found, url: `${found.url}?${name}=${version}` };
    },
  });
}

function isOwn(address: string, folder: string): boolean {
  return address.startsWith(folder) && !address.slice(folder.length).includes("node_modules/");
}
