import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PluginKind } from "../../core/contract/index.ts";
import { commandRoot } from "../package-root.ts";

export const pluginKinds = ["model", "sandbox", "stage", "transport", "sink", "store", "service"] as const;

/**
 * The files of the whole plugin that the guide's page of a kind shows, by name. What is shown there is executed by a test;
 * a new plugin begins as the same files.
 */
export function guideFiles(kind: PluginKind): ReadonlyMap<string, string> {
  const page = readFileSync(join(commandRoot, "docs", "plugins", `${kind}.md`), "utf8");
  const blocks = page.matchAll(/^```[\w-]+ +(\S+)\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, name = "", text = ""]) => [name, text]));
}
