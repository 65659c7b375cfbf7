import { Discoverer, hostPaths, importPlugin, type PlannedInstance } from "../../core/command-line.ts";
import type { Finding, PluginDefinition } from "../../core/contract/index.ts";
import { nameOf, readHostFile } from "../host/host-file.ts";
import { withInstances } from "../host/instances.ts";
import { loadProfile } from "../host/load.ts";
import { profileOf } from "../host/profile.ts";
import { plural } from "../output/style.ts";
import { fail, ok, warn } from "./finding.ts";
import { examineKeys, examineModels, examinePorts } from "./profile.ts";
import { examineStoreOfHost, examineStores } from "./store.ts";

/** Looks at one thing after the other, and tells of each as soon as it is known. */
export async function* examine(profile: string | undefined): AsyncIterable<Finding> {
  yield ok("node", process.versions.node);
  const file = profileOf(profile);
  const { plan, problems } = await loadProfile(profile);
  if (plan === undefined) {
    yield fail("profile", `${file} has ${plural(problems.length, "problem")}`, "`sluice check` shows them.");
    yield* diagnosed([]);
    return;
  }
  yield problems.length === 0
    ? ok("profile", file)
    : warn("profile", `${file} has ${plural(problems.length, "warning")}`, "`sluice check` shows them.");
  const present = plan.instances.filter(({ absent }) => absent === undefined);
  yield* diagnosed(present);
  const up = readHostFile(hostPaths().state);
  yield up === undefined ? ok("host", "none is up") : ok("host", nameOf(up));
  if (up !== undefined && up.url !== null) yield* await examineStoreOfHost();
  else yield* await examineStores(profile);
  yield* await examinePorts(plan, up?.address ?? undefined);
  yield* examineKeys(plan);
  if (!present.some(({ plugin }) => plugin.manifest.kind === "model")) return;
  const findings: Finding[] = [];
  await withInstances(profile, { kind: "model" }, async (instances, signal) => {
    findings.push(...(await examineModels(instances, signal)));
  });
  yield* findings;
}

/** What the plugins of the instances find by themselves; with none, those of the package that can. */
async function* diagnosed(instances: readonly PlannedInstance[]): AsyncIterable<Finding> {
  const plugins = instances.length === 0 ? await new Discoverer().builtIns() : instances.map(({ plugin }) => plugin);
  const byFolder = new Map(plugins.map((plugin) => [plugin.folder, plugin]));
  for (const plugin of byFolder.values()) {
    if (!plugin.manifest.capabilities?.includes("diagnoses")) continue;
    const module = (await importPlugin(plugin)) as Pick<PluginDefinition, "diagnose">;
    const own = instances.filter((instance) => instance.plugin.folder === plugin.folder);
    const { signal } = new AbortController();
    yield* module.diagnose?.({ instances: own, environment: process.env, signal }) ?? [];
  }
}
