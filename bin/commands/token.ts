import { Command, Flags } from "@oclif/core";
import { jsonFlag } from "../flags.ts";

export default class Token extends Command {
  static override summary = "Print or replace the token of this user's hosts.";
  static override description =
    `The token stands in a file of its own in the state folder, which its owner alone can read. Whoever has it may do
everything. With --rotate it is replaced: a host that is up takes the new one alone from then on, and ends the sockets
and pages that the old one let in.`;
  static override examples = ["<%= config.bin %> token", "<%= config.bin %> token --rotate"];
  static override flags = {
    rotate: Flags.boolean({ description: "make a new one" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Token);
    const { tellToken } = await import("../host/token.ts");
    await tellToken(flags);
  }
}
