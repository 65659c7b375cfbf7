import { Args, Command } from "@oclif/core";
import type { Model } from "../../../core/contract/index.ts";
import { printableJson, tryModel } from "../../../core/kit/index.ts";
import { jsonFlag, profileFlag } from "../../flags.ts";
import { withInstances } from "../../host/instances.ts";
import { duration } from "../../output/style.ts";
import { table } from "../../output/table.ts";

export default class ModelsTest extends Command {
  static override description = "Ask each model of the profile one short question, and tell how it went.";
  static override examples = ["<%= config.bin %> models test"];
  static override args = {
    instance: Args.string({ ignoreStdin: true, description: "the instance [default: all of them]" }),
  };
  static override flags = { profile: profileFlag, json: jsonFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(ModelsTest);
    await withInstances(flags.profile, { kind: "model", id: args.instance }, async (instances, signal) => {
      const rows: string[][] = [];
      for (const { id, instance } of instances) {
        const model = instance as Model;
        const trial = await tryModel(model, signal);
        if (trial.error !== undefined) process.exitCode = 69;
        if (flags.json) process.stdout.write(`${printableJson({ instance: id, model: model.modelId, ...trial })}\n`);
        const first = trial.firstToken === undefined ? "" : duration(trial.firstToken);
        rows.push([id, model.modelId, trial.error ? "failed" : "ok", first, trial.error?.message ?? trial.text]);
      }
      if (!flags.json) process.stdout.write(table(["INSTANCE", "MODEL", "RESULT", "FIRST TOKEN", "ANSWER"], rows));
    });
  }
}
