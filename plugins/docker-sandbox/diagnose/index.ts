import type { DiagnoseContext, Environment, Finding } from "../../../core/contract/index.ts";
import type { DockerSandboxConfig } from "../config.ts";
import { chosenEngine, parseAddress } from "../engine/address.ts";
import { askEngine } from "./ask-engine.ts";
import { examineDocker } from "./examine-docker.ts";

/** Looks at the engine, and whether the images of the profile's sandboxes are there. */
export async function* diagnose(context: DiagnoseContext<DockerSandboxConfig>): AsyncIterable<Finding> {
  const { instances, environment } = context;
  const engine = await examineDocker(instances[0]?.config ?? {}, environment);
  yield* engine;
  if (engine[0]?.status === "ok") yield* await examineImages(instances, environment);
}

/** Whether the images of the profile's sandboxes are there. */
async function examineImages(
  sandboxes: DiagnoseContext<DockerSandboxConfig>["instances"],
  environment: Environment,
): Promise<Finding[]> {
  const findings = sandboxes.map(async ({ id, config }) => {
    const image = config.image;
    const known = await askEngine<readonly { readonly RepoTags?: readonly string[] | null }[]>(
      "/images/json",
      parseAddress(chosenEngine(config.docker, environment)),
    ).catch(() => []);
    const prefix = image === "sandbox-image" ? "sluicebox-sandbox:" : image;
    const found = known.flatMap(({ RepoTags }) => RepoTags ?? []).find((tag) => tag.startsWith(prefix));
    if (found !== undefined) return { name: `image of ${id}`, status: "ok" as const, detail: found };
    const cure = "It is made at first use; `sluice sandbox build` does it now.";
    return { name: `image of ${id}`, status: "warn" as const, detail: `${image} is not there`, cure };
  });
  return Promise.all(findings);
}
