import { Args, Command } from "@oclif/core";
import { launch } from "../execution/launch.ts";
import { question } from "../execution/question.ts";
import { TranscriptView } from "../execution/transcript-view.ts";
import {
  flowFlag,
  forceFlag,
  getFlag,
  hostFlag,
  jsonFlag,
  profileFlag,
  putFlag,
  sessionFlag,
  timeoutFlag,
} from "../flags.ts";

export default class Ask extends Command {
  static override description = `Ask the models of a flow; the code they write runs in the sandbox.

The answer streams to stdout as it is written: text, code between fences, what the code printed.`;
  static override examples = [
    '<%= config.bin %> ask "How many primes are below 1000? Count them with code."',
    '<%= config.bin %> ask "Plot sales.csv by month" --put sales.csv --get charts',
    "git diff | <%= config.bin %> ask -",
  ];
  static override args = {
    prompt: Args.string({ ignoreStdin: true, required: true, description: "the question; - reads it from stdin" }),
  };
  static override flags = {
    profile: profileFlag,
    flow: flowFlag,
    host: hostFlag,
    session: sessionFlag,
    timeout: timeoutFlag,
    put: putFlag,
    get: getFlag,
    force: forceFlag,
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Ask);
    process.exitCode = await launch({
      flags,
      flow: "chat",
      read: () => question(args.prompt),
      view: (outputs) => new TranscriptView(outputs, { echoed: process.stdin.isTTY }),
    });
  }
}
