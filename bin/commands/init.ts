import { Command, Flags } from "@oclif/core";

export default class Init extends Command {
  static override description = `Write a sluice.yaml for this folder, by a few questions.

It begins as one of the profiles that come with Sluicebox. Without a terminal, or with --yes, nothing is asked.`;
  static override examples = [
    "<%= config.bin %> init",
    "<%= config.bin %> init --from offline --network pypi.org,files.pythonhosted.org --yes",
  ];
  static override flags = {
    from: Flags.string({ helpValue: "NAME", description: "the profile to begin with; see `sluice profiles`" }),
    network: Flags.string({
      helpValue: "HOSTS",
      description: "hosts that code may reach, with commas; none by default",
    }),
    memory: Flags.string({ helpValue: "1024m", description: "memory of a sandbox" }),
    timeout: Flags.string({ helpValue: "30s", description: "time for one execution" }),
    yes: Flags.boolean({ char: "y", description: "ask nothing" }),
    force: Flags.boolean({ description: "write over a sluice.yaml that is there" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Init);
    const { writeProfile } = await import("../host/init.ts");
    await writeProfile(flags);
  }
}
