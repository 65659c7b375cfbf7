import { Args, Command } from "@oclif/core";
import { SluiceError } from "../../../core/contract/index.ts";
import { connectUp } from "../../host/connection.ts";

export default class SandboxStop extends Command {
  static override description = "End a session of the host that is up; its sandbox is gone at once.";
  static override args = {
    session: Args.string({ ignoreStdin: true, required: true, description: "the session's name" }),
  };

  override async run(): Promise<void> {
    const { args } = await this.parse(SandboxStop);
    await using connection = await connectUp();
    if (!(await connection.closeSession(args.session))) {
      throw new SluiceError("SLUICE_SESSION_NOT_FOUND", `the host has no session \`${args.session}\``, {
        cure: "`sluice sandbox list` shows which sessions have a sandbox.",
      });
    }
  }
}
