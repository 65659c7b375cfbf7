import { Args, Command } from "@oclif/core";
import { printable, printableJson } from "../../../core/kit/index.ts";
import { jsonFlag } from "../../flags.ts";
import { connectUp } from "../../host/connection.ts";

export default class SettingsGet extends Command {
  static override description =
    "Show the options of an instance that can be changed while the host runs; secrets masked.";
  static override examples = ["<%= config.bin %> settings get gpt"];
  static override args = {
    instance: Args.string({ ignoreStdin: true, required: true, description: "the instance of the profile" }),
  };
  static override flags = { json: jsonFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(SettingsGet);
    await using connection = await connectUp();
    const settings = await connection.settings(args.instance);
    if (flags.json) process.stdout.write(`${printableJson(settings)}\n`);
    else
      for (const [key, value] of Object.entries(settings))
        process.stdout.write(`${printable(key)}: ${printableJson(value)}\n`);
  }
}
