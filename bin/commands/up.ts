import { resolve } from "node:path";
import { Command, Flags } from "@oclif/core";
import { jsonFlag, profileFlag } from "../flags.ts";

export default class Up extends Command {
  static override description = `Start the host with its transports, in the foreground, until Ctrl-C.

While it is up, run, ask and chat use it: its sandboxes are warm and sessions outlive a command. SIGINT, SIGTERM and SIGHUP let
what runs finish, leave nothing behind and exit 0; a second Ctrl-C does not wait.`;
  static override examples = [
    "<%= config.bin %> up",
    "<%= config.bin %> up -p offline",
    "<%= config.bin %> up -d",
    "<%= config.bin %> up -v",
  ];
  static override flags = {
    profile: profileFlag,
    listen: Flags.string({
      helpValue: "HOST:PORT",
      description: "where its transports listen [default: as the profile says]",
    }),
    watch: Flags.boolean({
      description: "reload after each change of the profile, of what it extends, of its secrets and plugins",
    }),
    dev: Flags.boolean({
      description: "the same, and after each change of plugins' code; vouches for the profile and for that code",
    }),
    detach: Flags.boolean({ char: "d", description: "in the background: logs shows it, down stops it" }),
    verbose: Flags.boolean({ char: "v", description: "show how long each instance took to start, and why" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Up);
    const [{ serve, tellReady }, { profileOf }] = await Promise.all([
      import("../host/serve.ts"),
      import("../host/profile.ts"),
    ]);
    const profile = resolve(profileOf(flags.profile));
    if (!flags.detach) return serve({ ...flags, profile });
    const { startDetached } = await import("../host/detached.ts");
    const listen = flags.listen === undefined ? [] : ["--listen", flags.listen];
    const more = (["watch", "dev", "verbose"] as const).filter((name) => flags[name]).map((name) => `--${name}`);
    tellReady(await startDetached(["-p", profile, ...listen, ...more]), flags.json);
  }
}
