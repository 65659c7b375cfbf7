import { Command, Flags } from "@oclif/core";
import { jsonFlag } from "../flags.ts";

export default class Token extends Command {
  static override summary = "Print or replace the token of this user's hosts.";
  static override description =
    `The token stands in a file of the state folder, which only its owner can read. It allows everything. With --rotate it is
replaced: a host that is up takes only the new one from then on. It ends the sockets and pages of the old one.`;
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
