import { Args, Command } from "@oclif/core";
import { fishCompletion } from "../output/fish-completion.ts";

export default class Completion extends Command {
  static override description = `Print what makes a shell complete the words of this command.

For bash, zsh and PowerShell, \`sluice autocomplete SHELL\` sets it up.`;
  static override examples = ["<%= config.bin %> completion fish > ~/.config/fish/completions/sluice.fish"];
  static override args = {
    shell: Args.string({ ignoreStdin: true, required: true, options: ["fish"], description: "the shell" }),
  };

  override async run(): Promise<void> {
    await this.parse(Completion);
    process.stdout.write(fishCompletion(this.config.bin, this.config.commands));
  }
}
