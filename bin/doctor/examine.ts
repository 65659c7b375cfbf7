import { hostPaths, type PlannedInstance } from "../../core/command-line.ts";
import { nameOf, readHostFile } from "../host/host-file.ts";
import { withInstances } from "../host/instances.ts";
import { loadProfile } from "../host/load.ts";
import { profileOf } from "../host/profile.ts";
import { examineDocker, type Wanted } from "./docker.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { examineImages, examineKeys, examineModels, examinePorts } from "./profile.ts";
import { examineStoreOfHost, examineStores } from "./store.ts";

/** Looks at one thing after the other, and tells of each as soon as it is known. */
export async function* examine(profile: string | undefined): AsyncIterable<Finding> {
  yield ok("node", process.versions.node);
  const file = profileOf(profile);
  const { plan, problems } = await loadProfile(profile);
  if (plan === undefined) {
    yield fail("profile", `${file} has ${problems.length} problems`, "`sluice check` shows them.");
    yield* await examineDocker({});
    return;
  }
  yield problems.length === 0
    ? ok("profile", file)
    : warn("profile", `${file} has ${problems.length} warnings`, "`sluice check` shows them.");
  const of = (kind: string) => (instance: PlannedInstance) =>
    instance.plugin.manifest.kind === kind && instance.absent === undefined;
  const containers = plan.instances.filter(
    (instance) => of("sandbox")(instance) && instance.plugin.manifest.name === "docker-sandbox",
  );
  if (containers.length > 0) {
    const engine = await examineDocker(containers[0]?.config as Wanted);
    yield* engine;
    if (engine[0]?.status === "ok") yield* await examineImages(containers);
  }
  const up = readHostFile(hostPaths().state);
  yield up === undefined ? ok("host", "none is up") : ok("host", nameOf(up));
  if (up !== undefined && up.url !== null) yield* await examineStoreOfHost();
  else yield* await examineStores(profile);
  yield* await examinePorts(plan, up?.address ?? undefined);
  yield* examineKeys(plan);
  if (!plan.instances.some(of("model"))) return;
  const findings: Finding[] = [];
  await withInstances(profile, of("model"), "model", async (instances, signal) => {
    findings.push(...(await examineModels(instances, signal)));
  });
  yield* findings;
}
