import { Command, Flags } from "@oclif/core";
import { jsonFlag } from "../flags.ts";
import { showLogs } from "../host/logs.ts";

export default class Logs extends Command {
  static override description = `Show what the host that is up has logged; with -f, also what it logs from now on.

Where none is up, the log of the last one that ran in the background is shown.`;
  static override examples = ["<%= config.bin %> logs -f", "<%= config.bin %> logs --level warn --json"];
  static override flags = {
    follow: Flags.boolean({ char: "f", description: "go on until Ctrl-C" }),
    lines: Flags.integer({ char: "n", min: 0, max: 5_000, default: 100, description: "the newest so many" }),
    level: Flags.option({ options: ["debug", "info", "warn", "error"] as const, description: "the least level" })({
      default: "info",
    }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Logs);
    await showLogs(flags);
  }
}
