import { checkProfile } from "../config/check-profile.ts";
import type { LoadOptions, LoadResult } from "../config/plan.ts";
import type { PluginDefinition } from "../contract/plugin.ts";
import { Discoverer } from "./discover.ts";
import { importPlugin } from "./import-plugin.ts";

/**
 * Reads and checks a profile with the plugins that are there. It never throws for what stands in the profile: see
 * {@link checkProfile}.
 */
export function loadPlan(options: LoadOptions): Promise<LoadResult> {
  const discoverer = new Discoverer(options.pluginFolders);
  return checkProfile(options, {
    find: (use, folder) => discoverer.find(use, folder),
    names: () => discoverer.names(),
    builtIns: () => discoverer.builtIns(),
    load: async (plugin) => (await importPlugin(plugin)) as Pick<PluginDefinition, "check">,
  });
}
