import { Args, Command, Flags } from "@oclif/core";
import { type Model, type ModelInfo, type PrepareOptions, SluiceError } from "../../../core/contract/index.ts";
import { printable, printableJson } from "../../../core/kit/index.ts";
import { jsonFlag, profileFlag } from "../../flags.ts";
import { withInstances } from "../../host/instances.ts";
import { withProgress } from "../../output/progress.ts";
import { bytes } from "../../output/style.ts";

export default class ModelsPull extends Command {
  static override description =
    `Fetch what the local models of the profile need: weights and runtime, checked by sha256.

\`sluice models list\` shows which there are: for what, how large, under which licence, and whether they fit this machine.`;
  static override examples = [
    "<%= config.bin %> models pull",
    "<%= config.bin %> models pull --best",
    "<%= config.bin %> models pull --model qwen2.5-coder-1.5b",
  ];
  static override args = {
    instance: Args.string({ ignoreStdin: true, description: "the instance [default: all that can be fetched]" }),
  };
  static override flags = {
    profile: profileFlag,
    model: Flags.string({ helpValue: "NAME", description: "another model than the one that answers" }),
    best: Flags.boolean({ exclusive: ["model"], description: "the model for code that this machine can do" }),
    force: Flags.boolean({ description: "fetch it anew" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(ModelsPull);
    await withInstances(flags.profile, { kind: "model", id: args.instance }, async (instances, signal) => {
      const able = instances.filter(({ instance }) => (instance as Model).pull !== undefined);
      if (able.length === 0) {
        throw new SluiceError("SLUICE_USAGE", "no model of the profile is one to be fetched", {
          cure: "Add one, such as `tiny: { use: llm-local }`.",
        });
      }
      // A model that is named is fetched once: instances share what is there.
      for (const { id, instance } of flags.best || flags.model !== undefined ? able.slice(0, 1) : able) {
        const model = instance as Model;
        const name = flags.best ? (await suggestionOf(model, signal)).id : flags.model;
        const which: PrepareOptions = { force: flags.force, ...(name === undefined ? {} : { model: name }) };
        await withProgress(flags.json, async (options) => model.pull?.({ ...options, ...which }, signal));
        const fetched = name ?? model.modelId;
        if (flags.json)
          process.stdout.write(`${printableJson({ type: "model-pulled", data: { id, model: fetched } })}\n`);
        else process.stderr.write(await told(id, fetched, model, signal));
      }
    });
  }
}

async function suggestionOf(model: Model, signal: AbortSignal): Promise<ModelInfo> {
  const infos = (await model.list?.(signal)) ?? [];
  const best = infos.find(({ suggested, task }) => suggested === true && task !== "general");
  if (best !== undefined) return best;
  throw new SluiceError("SLUICE_USAGE", `nothing is known of what suits ${model.modelId}`, {
    cure: "Name a model: `sluice models pull --model NAME`.",
  });
}

/** What is there now, how good it is, and how to have a better one. */
async function told(id: string, fetched: string, model: Model, signal: AbortSignal): Promise<string> {
  const infos = (await model.list?.(signal)) ?? [];
  const about = infos.find((info) => info.id === fetched)?.description;
  const lines = [`${id}: ${fetched} is there${about === undefined ? "" : `. ${about}`}`];
  if (fetched !== model.modelId)
    lines.push(`  ${id} answers with ${model.modelId}; \`model: ${fetched}\` changes that`);
  const better = infos.find(({ suggested, task }) => suggested === true && task !== "general");
  if (better !== undefined && better.id !== fetched && better.installed !== true) {
    const facts = [better.size === undefined ? "" : bytes(better.size), better.licence ?? ""].filter(
      (fact) => fact !== "",
    );
    lines.push(`  better on this machine: \`sluice models pull --best\`, ${better.id} (${facts.join(", ")})`);
  }
  // Line by line: a line break in a name is no line break here.
  return `${lines.map((line) => printable(line)).join("\n")}\n`;
}
