import { Args, Command } from "@oclif/core";
import { SluiceError } from "../../../core/contract/index.ts";
import { didYouMean } from "../../../core/kit/index.ts";
import { sessionArgument } from "../../flags.ts";
import { connectUp } from "../../host/connection.ts";

export default class SessionsStop extends Command {
  static override aliases = ["sandbox:stop"];
  static override description = "End a session of the host that is up; its sandbox and files are gone at once.";
  static override examples = ["<%= config.bin %> sessions stop mine"];
  static override args = { session: Args.string(sessionArgument) };

  override async run(): Promise<void> {
    const { args } = await this.parse(SessionsStop);
    await using connection = await connectUp();
    if (await connection.closeSession(args.session)) return;
    const names = (await connection.sessions()).map(({ session }) => session);
    throw new SluiceError("SLUICE_SESSION_NOT_FOUND", `the host has no session \`${args.session}\``, {
      cure: `${didYouMean(args.session, names)}\`sluice sessions list\` shows them.`,
    });
  }
}
