import { Flags } from "@oclif/core";
import { SandboxCommand } from "../../host/sandbox-command.ts";

export default class SandboxClean extends SandboxCommand {
  static override description = "Remove the sandboxes that dead hosts left behind; with --all every one of them.";
  static override examples = ["<%= config.bin %> sandbox clean"];
  static override flags = {
    ...SandboxCommand.shared,
    all: Flags.boolean({ description: "those of hosts that are up as well: their runs end as lost" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(SandboxClean);
    const removed = new Set<string>();
    await this.each(flags, "clean", async ({ sandbox, signal }) => {
      for (const id of await sandbox.clean({ all: flags.all }, signal)) removed.add(id);
    });
    for (const id of removed) this.tell(flags, { type: "sandbox-removed", data: { id } }, `removed ${id}`);
    if (removed.size === 0 && !flags.json) process.stderr.write("nothing to remove\n");
  }
}
