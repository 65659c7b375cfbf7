import { Flags } from "@oclif/core";
import { SandboxCommand } from "../../host/sandbox-command.ts";
import { withProgress } from "../../output/progress.ts";

export default class SandboxBuild extends SandboxCommand {
  static override description = "Build the sandbox image, or fetch it; a no-op where it is there already.";
  static override examples = ["<%= config.bin %> sandbox build"];
  static override flags = {
    ...SandboxCommand.shared,
    force: Flags.boolean({ description: "build it anew" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(SandboxBuild);
    await this.each(flags, "prepare", async ({ id, sandbox, signal }) => {
      await withProgress(flags.json, (options) => sandbox.prepare({ ...options, force: flags.force }, signal));
      this.tell(flags, { type: "sandbox-built", data: { id } }, `${id}: the image is there`);
    });
  }
}
