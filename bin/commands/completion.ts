import { Args, Command } from "@oclif/core";
import { bashCompletion, zshCompletion } from "../output/bash-completion.ts";
import { fishCompletion } from "../output/fish-completion.ts";

const scripts = { bash: bashCompletion, fish: fishCompletion, zsh: zshCompletion };
const shells = Object.keys(scripts) as (keyof typeof scripts)[];

export default class Completion extends Command {
  static override description = "Print what makes a shell complete the words of this command.";
  static override examples = [
    "<%= config.bin %> completion bash > ~/.local/share/bash-completion/completions/sluice",
    "<%= config.bin %> completion fish > ~/.config/fish/completions/sluice.fish",
    "echo 'source <(<%= config.bin %> completion zsh)' >> ~/.zshrc",
  ];
  static override args = {
    shell: Args.custom<keyof typeof scripts>({ options: shells })({
      ignoreStdin: true,
      required: true,
      description: "the shell",
    }),
  };

  override async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    process.stdout.write(scripts[args.shell](this.config.bin, this.config.commands));
  }
}
