import { Command, Flags } from "@oclif/core";
import { printProfile } from "../../../core/command-line.ts";
import { printableJson, printableLines } from "../../../core/kit/index.ts";
import { jsonFlag, profileFlag } from "../../flags.ts";
import { loadValidPlan } from "../../host/load.ts";

export default class ConfigPrint extends Command {
  static override description = `Print the profile as the host reads it, and where each value was written.

What it extends is merged in and variables are filled in. Secrets are masked.`;
  static override examples = ["<%= config.bin %> config print", "<%= config.bin %> config print --no-origins"];
  static override flags = {
    profile: profileFlag,
    origins: Flags.boolean({ allowNo: true, default: true, description: "write file:line:column behind each value" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(ConfigPrint);
    const plan = await loadValidPlan(flags.profile);
    if (flags.json) process.stdout.write(`${printableJson({ profile: plan.display, origins: plan.origins })}\n`);
    else process.stdout.write(printableLines(printProfile(plan, { origins: flags.origins })));
  }
}
