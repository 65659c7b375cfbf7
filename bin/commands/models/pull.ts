import { Args, Command, Flags } from "@oclif/core";
import { type Model, SluiceError } from "../../../core/contract/index.ts";
import { printable, printableJson } from "../../../core/kit/index.ts";
import { jsonFlag, profileFlag } from "../../flags.ts";
import { withInstances } from "../../host/instances.ts";
import { withProgress } from "../../output/progress.ts";

export default class ModelsPull extends Command {
  static override description =
    "Fetch what the local models of the profile need: weights and runtime, checked by sha256.";
  static override args = {
    instance: Args.string({ ignoreStdin: true, description: "the instance [default: all that can be fetched]" }),
  };
  static override flags = {
    profile: profileFlag,
    force: Flags.boolean({ description: "fetch it anew" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(ModelsPull);
    const wanted = ({ id, plugin }: { id: string; plugin: { manifest: { kind: string } } }): boolean =>
      plugin.manifest.kind === "model" && (args.instance === undefined || args.instance === id);
    await withInstances(flags.profile, wanted, "model", async (instances, signal) => {
      const able = instances.filter(({ instance }) => (instance as Model).pull !== undefined);
      if (able.length === 0) {
        throw new SluiceError("SLUICE_USAGE", "no model of the profile is one to be fetched", {
          cure: "Add one, such as `tiny: { use: llm-local }`.",
        });
      }
      for (const { id, instance } of able) {
        const model = instance as Model;
        await withProgress(flags.json, async (options) => model.pull?.({ ...options, force: flags.force }, signal));
        if (flags.json) process.stdout.write(`${printableJson({ type: "model-pulled", data: { id } })}\n`);
        else process.stderr.write(`${id}: ${printable(model.modelId)} is there\n`);
      }
    });
  }
}
