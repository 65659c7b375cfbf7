import { Args, Command, Flags } from "@oclif/core";
import { compare } from "../compare/compare.ts";
import { question } from "../execution/question.ts";
import { hostFlag, jsonFlag, milliseconds, profileFlag, timeoutFlag } from "../flags.ts";

export default class Compare extends Command {
  static override description = `Ask several models the same, and see their answers side by side.

Each model of the profile answers by itself, all at once; code in an answer is shown, not run. With the answers come
the time to the first token, tokens, cost and errors of each. The exit code is 0 when at least one has answered.`;
  static override examples = [
    '<%= config.bin %> compare "Name three uses of a sluice."',
    '<%= config.bin %> compare -p many-models -m gpt -m claude "Explain monads to a plumber."',
  ];
  static override args = {
    prompt: Args.string({ ignoreStdin: true, required: true, description: "the question; - reads it from stdin" }),
  };
  static override flags = {
    model: Flags.string({
      char: "m",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "ID",
      description: "a model of the profile (repeatable) [default: all that are present]",
    }),
    profile: profileFlag,
    host: hostFlag,
    timeout: timeoutFlag,
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Compare);
    const timeout = milliseconds("timeout", flags.timeout);
    const { input } = await question(args.prompt);
    const { profile, host, model: models, json } = flags;
    process.exitCode = await compare({ wish: { profile, host }, models, input, timeout, json });
  }
}
