import { resolve } from "node:path";
import { Command } from "@oclif/core";
import { jsonFlag, profileFlag } from "../flags.ts";

export default class Up extends Command {
  static override description = `Start the host with its transports, in the foreground, until Ctrl-C.

While it is up, run, ask and chat use it: its sandboxes are warm and sessions outlive a command. SIGINT, SIGTERM and SIGHUP let
what runs finish, leave nothing behind and exit 0; a second Ctrl-C does not wait.`;
  static override examples = ["<%= config.bin %> up", "<%= config.bin %> up -p offline"];
  static override flags = { profile: profileFlag, json: jsonFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Up);
    const [{ serve }, { profileOf }] = await Promise.all([import("../host/serve.ts"), import("../host/profile.ts")]);
    await serve({ profile: resolve(profileOf(flags.profile)), json: flags.json });
  }
}
