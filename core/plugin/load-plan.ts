import { checkProfile } from "../config/check-profile.ts";
import type { LoadOptions, LoadResult } from "../config/plan.ts";
import type { PluginSource } from "../config/plugin-source.ts";
import type { PluginDefinition } from "../contract/plugin.ts";
import { Discoverer } from "./discover.ts";
import { guardExit } from "./guard/guard-exit.ts";
import { watchEventLoop } from "./guard/watchdog.ts";
import { importPlugin } from "./import-plugin.ts";
import { moduleAddress } from "./module-version.ts";
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

/** Addresses of modules that have been read to their end in this process. */
const imported = new Set<string>();

/** Milliseconds that a module may hold the event loop while it is read. */
const heldLimit = 2_000;

function watchImport(id: string, folder: string): Disposable {
  return watchEventLoop({ plugins: [{ id, folder }], limit: heldLimit, onHeld: () => undefined });
}

/** A module that ends the process, or never comes to its end, is named: there is no host yet that would do so. */
const checkPlugin: PluginSource["check"] = async (plugin, config, isolate) => {
  const { manifest, folder, origin } = plugin;
  const { name } = manifest;
  if (isolate !== undefined)
    return withinLimit(name, "load", loadLimit, undefined, () => isolatedCheck(plugin, isolate, config));
  using _ = origin === "built-in" ? undefined : guardExit(() => [{ id: name, folder, fail: () => undefined }]);
  // Nobody else could say who holds the process then. Once imported a module is only handed out.
  const address = moduleAddress(plugin);
  using _watch = origin === "built-in" || imported.has(address) ? undefined : watchImport(name, folder);
  const module = await withinLimit(name, "load", loadLimit, undefined, () => importPlugin(plugin));
  imported.add(address);
  if (manifest.checks !== true) return [];
  return (module as Pick<PluginDefinition, "check">).check?.(config) ?? [];
};
