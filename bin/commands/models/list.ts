import { Command } from "@oclif/core";
import type { Model, ModelInfo } from "../../../core/contract/index.ts";
import { printableJson } from "../../../core/kit/index.ts";
import { jsonFlag, profileFlag } from "../../flags.ts";
import { withInstances } from "../../host/instances.ts";
import { loadValidPlan } from "../../host/load.ts";
import { bytes } from "../../output/style.ts";
import { table } from "../../output/table.ts";

export default class ModelsList extends Command {
  static override description = "List the models of the profile, and what their providers offer.";
  static override examples = ["<%= config.bin %> models list", "<%= config.bin %> models list -p many-models"];
  static override flags = { profile: profileFlag, json: jsonFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(ModelsList);
    const plan = await loadValidPlan(flags.profile);
    const rows: string[][] = [];
    const objects: unknown[] = [];
    const add = (id: string, plugin: string, info: Partial<ModelInfo>, note: string): void => {
      const size = info.size === undefined ? "" : bytes(info.size);
      rows.push([
        id,
        plugin,
        info.id ?? "",
        info.installed === undefined ? "" : info.installed ? "yes" : "no",
        size,
        note,
      ]);
      objects.push({ instance: id, plugin, ...info, ...(note === "" ? {} : { note }) });
    };
    const models = plan.instances.filter(({ plugin }) => plugin.manifest.kind === "model");
    for (const { id, plugin, absent } of models) {
      if (absent !== undefined) add(id, plugin.manifest.name, {}, `absent: ${absent}`);
    }
    if (models.some(({ absent }) => absent === undefined)) {
      await withInstances(flags.profile, { kind: "model" }, async (instances, signal) => {
        for (const { id, planned, instance } of instances) {
          const model = instance as Model;
          const name = planned.plugin.manifest.name;
          try {
            const offered = (await model.list?.(signal)) ?? [{ id: model.modelId }];
            for (const info of offered) add(id, name, info, noteOf(info));
          } catch (error) {
            add(id, name, { id: model.modelId }, (error as Error).message);
          }
        }
      });
    }
    if (flags.json) process.stdout.write(objects.map((each) => `${printableJson(each)}\n`).join(""));
    else process.stdout.write(table(["INSTANCE", "PLUGIN", "MODEL", "INSTALLED", "SIZE", "NOTE"], rows));
  }
}

/** `code, Apache-2.0, needs 1.8 GB, the one to take here. Writes small programs well.` */
function noteOf({ description = "", licence, task, memory, fits, suggested, sha256 }: ModelInfo): string {
  const needs = memory === undefined ? undefined : `${fits ? "needs" : "does not fit here: needs"} ${bytes(memory)}`;
  const unknown = memory !== undefined && sha256 === undefined ? "checksum: the hub's own word" : undefined;
  const facts = [task, licence, needs, unknown, suggested ? "the one to take here" : undefined].filter(
    (fact) => fact !== undefined,
  );
  return facts.length === 0 ? description : `${facts.join(", ")}. ${description}`;
}
