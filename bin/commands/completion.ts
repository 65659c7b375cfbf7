import { Args, Command } from "@oclif/core";
import { hostPaths } from "../../core/command-line.ts";
import { fishCompletion } from "../output/fish-completion.ts";

export default class Completion extends Command {
  static override description = `Print what makes a shell complete the words of this command.

What it prints for bash and zsh reads a file that it writes first, so it starts fast.`;
  static override examples = [
    'eval "$(<%= config.bin %> completion bash)"',
    "<%= config.bin %> completion fish > ~/.config/fish/completions/sluice.fish",
  ];
  static override args = {
    shell: Args.string({
      ignoreStdin: true,
      required: true,
      options: ["bash", "zsh", "fish"],
      description: "the shell",
    }),
  };

  override async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    if (args.shell === "fish") {
      process.stdout.write(fishCompletion(this.config.bin, this.config.commands));
      return;
    }
    // oclif has a folder of its own; what is ours lies in one place.
    process.env["SLUICE_CACHE_DIR"] = hostPaths().cache;
    await this.config.runCommand("autocomplete:create");
    await this.config.runCommand("autocomplete:script", [args.shell]);
  }
}
