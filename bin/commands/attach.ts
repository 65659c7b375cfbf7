import { Args, Command, Flags } from "@oclif/core";
import { launchAttached } from "../execution/attach.ts";
import { jsonFlag, runArgument } from "../flags.ts";

export default class Attach extends Command {
  static override description = `Follow a run of the host that is up, from its start or from after an event.

Ctrl-C leaves; the run goes on.`;
  static override examples = ["<%= config.bin %> attach RUN", "<%= config.bin %> attach RUN --after 120 --json"];
  static override args = { run: Args.string({ ...runArgument, required: true }) };
  static override flags = {
    after: Flags.integer({ min: 0, default: 0, description: "the last event already seen" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Attach);
    process.exitCode = await launchAttached({ run: args.run, after: flags.after, json: flags.json });
  }
}
