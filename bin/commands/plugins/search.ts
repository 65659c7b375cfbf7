import { Args, Command, Flags } from "@oclif/core";
import { printableJson } from "../../../core/kit/index.ts";
import { searchPlugins } from "../../author/search.ts";
import { jsonFlag } from "../../flags.ts";
import { table } from "../../output/table.ts";

export default class PluginsSearch extends Command {
  static override description = `Search npm for plugins: packages with the keyword sluicebox-plugin.

Nobody has read them for you. \`npm install NAME\`, then \`use: NAME\` in a profile, which asks to be trusted.`;
  static override examples = ["<%= config.bin %> plugins search slack", "<%= config.bin %> plugins search --kind sink"];
  static override strict = false;
  static override args = { words: Args.string({ ignoreStdin: true, description: "words, as many as wanted" }) };
  static override flags = {
    kind: Flags.string({ helpValue: "KIND", description: "only plugins of this kind" }),
    limit: Flags.integer({ min: 1, max: 250, default: 20, description: "at most so many" }),
    registry: Flags.string({
      helpValue: "URL",
      env: "npm_config_registry",
      default: "https://registry.npmjs.org/",
      description: "the registry",
    }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(PluginsSearch);
    const words = [...(argv as string[]), ...(flags.kind === undefined ? [] : [`keywords:sluicebox-${flags.kind}`])];
    const found = await searchPlugins(words, flags.limit, flags.registry);
    if (flags.json) process.stdout.write(found.map((each) => `${printableJson(each)}\n`).join(""));
    else if (found.length === 0) process.stderr.write("no plugins\n");
    else {
      const rows = found.map(({ name, version, date, description }) => [name, version, date, description]);
      process.stdout.write(table(["NAME", "VERSION", "DATE", "WHAT IT DOES"], rows));
    }
  }
}
