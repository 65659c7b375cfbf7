import { Flags } from "@oclif/core";
import { SandboxCommand } from "../../host/sandbox-command.ts";
import { withProgress } from "../../output/progress.ts";

export default class SandboxBase extends SandboxCommand {
  static override description = `Make the base image with debootstrap, where no registry for images can be reached.

A no-op where the base is there already. Needs the right to run debootstrap: root, on Debian.`;
  static override examples = ["<%= config.bin %> sandbox base"];
  static override flags = {
    ...SandboxCommand.shared,
    force: Flags.boolean({ description: "make it anew" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(SandboxBase);
    await this.each(flags, "base", async ({ id, sandbox, signal }) => {
      await withProgress(flags.json, (options) => sandbox.base({ ...options, force: flags.force }, signal));
      this.tell(flags, { type: "sandbox-base", data: { id } }, `${id}: the base image is there`);
    });
  }
}
