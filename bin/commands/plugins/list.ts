import { Command } from "@oclif/core";
import { Discoverer } from "../../../core/command-line.ts";
import { printableJson } from "../../../core/kit/index.ts";
import { jsonFlag } from "../../flags.ts";
import { table } from "../../output/table.ts";

export default class PluginsList extends Command {
  static override description = "List the plugins that come with Sluicebox, by kind.";
  static override examples = ["<%= config.bin %> plugins list"];
  static override flags = { json: jsonFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(PluginsList);
    const plugins = (await new Discoverer().builtIns()).map(({ manifest }) => manifest);
    plugins.sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name));
    if (flags.json) {
      process.stdout.write(
        plugins.map(({ name, kind, description }) => `${printableJson({ name, kind, description })}\n`).join(""),
      );
      return;
    }
    process.stdout.write(
      table(
        ["NAME", "KIND", "WHAT IT DOES"],
        plugins.map(({ name, kind, description }) => [name, kind, description]),
      ),
    );
  }
}
