import { Args, Command } from "@oclif/core";
import { Discoverer } from "../../../core/command-line.ts";
import { SluiceError } from "../../../core/contract/index.ts";
import { didYouMean, printable, printableJson } from "../../../core/kit/index.ts";
import { jsonFlag } from "../../flags.ts";
import { painter } from "../../output/style.ts";
import { table } from "../../output/table.ts";
import { optionRows } from "../../plan/option-rows.ts";

export default class PluginsInfo extends Command {
  static override description = "Show what a plugin does and every option it takes.";
  static override examples = ["<%= config.bin %> plugins info docker-sandbox"];
  static override args = {
    plugin: Args.string({
      ignoreStdin: true,
      required: true,
      description: "as in `use`: a name, a ./folder, an npm package",
    }),
  };
  static override flags = { json: jsonFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginsInfo);
    const found = await new Discoverer().find(args.plugin, process.cwd());
    if ("failure" in found) {
      const { candidates } = found.failure;
      throw new SluiceError(found.failure.code, found.failure.message, {
        cure:
          found.failure.cure ??
          (candidates && `${didYouMean(args.plugin, candidates)}\`sluice plugins list\` lists them.`),
      });
    }
    const { manifest, folder } = found.plugin;
    if (flags.json) {
      process.stdout.write(`${printableJson(manifest)}\n`);
      return;
    }
    const paint = painter(process.stdout);
    process.stdout.write(
      `${paint("bold", manifest.name)} (${manifest.kind}): ${printable(manifest.description)}\n  ${printable(folder)}\n\n`,
    );
    const rows = optionRows(manifest.config);
    process.stdout.write(rows.length === 0 ? "It has no options.\n" : table(["OPTION", "DEFAULT", "WHAT IT IS"], rows));
    const errors = Object.entries(manifest.errors ?? {}).map(([code, { message, cure }]) => [code, message, cure]);
    if (errors.length > 0) process.stdout.write(`\n${table(["ERROR", "WHEN", "CURE"], errors)}`);
  }
}
