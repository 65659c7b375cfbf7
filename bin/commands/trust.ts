import { resolve } from "node:path";
import { Args, Command, Flags } from "@oclif/core";
import { jsonFlag } from "../flags.ts";

export default class Trust extends Command {
  static override summary = "Allow a profile to reach beyond the sandbox.";
  static override description =
    `Some profiles need your trust before they run: those that bring code, or show folders of this machine to programs. So do
those that open a network to programs, or read files outside of their own folder. Read such a profile, then run this
command. Your trust covers the profile, what it extends and the sources of its plugins. When one of them changes, you are
asked again. Where nobody can be asked, as in CI, set SLUICE_TRUST=all to trust every profile.`;
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
