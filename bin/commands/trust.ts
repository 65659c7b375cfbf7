import { resolve } from "node:path";
import { Args, Command, Flags } from "@oclif/core";
import { jsonFlag } from "../flags.ts";

export default class Trust extends Command {
  static override summary = "Allow a profile to reach beyond the sandbox.";
  static override description =
    `A profile that brings code of its own, shows folders of this machine to programs, opens their network or reads files
outside of its folder is not run before somebody has read it and said so with this command. It is remembered by what is in
it: the profile, what it extends and the sources of its plugins. When one of them changes, it has to be said again.
Where nobody can be asked, as in CI, the variable SLUICE_TRUST=all vouches for every profile.`;
  static override examples = [
    "<%= config.bin %> trust",
    "<%= config.bin %> trust team/sluice.yaml",
    "<%= config.bin %> trust --list",
    "<%= config.bin %> trust --remove team/sluice.yaml",
  ];
  static override args = { profile: Args.string({ ignoreStdin: true, description: "the profile, as with -p" }) };
  static override flags = {
    list: Flags.boolean({ description: "list what is trusted", exclusive: ["remove"] }),
    remove: Flags.boolean({ description: "trust it no longer" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Trust);
    const { listTrusted, trustProfile, untrustProfile } = await import("../host/trust.ts");
    if (flags.list) return listTrusted(flags.json);
    if (flags.remove) return untrustProfile(args.profile === undefined ? undefined : resolve(args.profile));
    return trustProfile(args.profile, flags.json);
  }
}
