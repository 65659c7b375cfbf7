import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import type { PluginCode } from "../config/plan.ts";
import { contentOf, filesOf } from "../config/schema/digest.ts";

/** Bytes of modules that are looked at; a plugin with more is reloaded by a restart of the host. */
const most = 32 * 1024 * 1024;

const modules = /\.[cm]?[jt]s$/;
const tests = /\.(test|spec)\.[cm]?[jt]s$/;
const descriptions = new Set(["plugin.json", "package.json"]);

/**
 * The modules of a plugin that lies in a folder of somebody: a change of them is a change of the plugin. Tests, and what
 * it depends on (`node_modules`), are not looked at. Undefined where there is too much.
 */
export function codeOf(folder: string): PluginCode | undefined {
  const files = filesOf(folder)?.filter((file) => {
    if (descriptions.has(basename(file))) return dirname(file) === folder;
    return modules.test(file) && !tests.test(file);
  });
  if (files === undefined) return undefined;
  const hash = createHash("sha256");
  let left = most;
  for (const file of files) {
    const content = contentOf(file, left);
    if (content === undefined) return undefined;
    left -= content.length;
    hash.update(`\0${file}\0${content.length}\0`).update(content);
  }
  return { digest: hash.digest("hex"), files };
}
