import { checkProfile } from "../config/check-profile.ts";
import type { LoadOptions, LoadResult } from "../config/plan.ts";
import type { PluginSource } from "../config/plugin-source.ts";
import type { PluginDefinition } from "../contract/plugin.ts";
import { guardExit } from "../host/guard-exit.ts";
import { Discoverer } from "./discover.ts";
import { importPlugin } from "./import-plugin.ts";
import { loadLimit, withinLimit } from "./time-limit.ts";
import { isolatedCheck } from "./worker/isolated.ts";

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
    check: checkPlugin,
  });
}

/** A module that ends the process, or never comes to its end, is named: there is no host yet that would do so. */
const checkPlugin: PluginSource["check"] = async (plugin, config, isolate) => {
  const { manifest, folder, origin } = plugin;
  const { name } = manifest;
  if (isolate !== undefined)
    return withinLimit(name, "load", loadLimit, undefined, () => isolatedCheck(plugin, isolate, config));
  using _ = origin === "built-in" ? undefined : guardExit(() => [{ id: name, folder, fail: () => undefined }]);
  const module = await withinLimit(name, "load", loadLimit, undefined, () => importPlugin(plugin));
  if (manifest.checks !== true) return [];
  return (module as Pick<PluginDefinition, "check">).check?.(config) ?? [];
};
