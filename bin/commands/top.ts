import { Command, Flags } from "@oclif/core";
import { jsonFlag, milliseconds } from "../flags.ts";
import { top } from "../top/top.ts";

export default class Top extends Command {
  static override description =
    `Show how busy the host is that is up: a table of instances and runs, drawn anew every second.

Rates, errors, how long answers and programs take, what waits for sinks, pools, sandboxes with their memory. \`q\` leaves.
Where stdout is no terminal each look is a table of its own; with --json it is one object a line.`;
  static override examples = ["<%= config.bin %> top", "<%= config.bin %> top --once", "<%= config.bin %> top --json"];
  static override flags = {
    once: Flags.boolean({ description: "one look, after a second, and leave" }),
    interval: Flags.string({ helpValue: "1s", default: "1s", description: "time between two looks" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Top);
    await top({ interval: milliseconds("interval", flags.interval) ?? 1_000, once: flags.once, json: flags.json });
  }
}
