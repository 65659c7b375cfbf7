import { Args, Command, Flags } from "@oclif/core";
import { jsonFlag } from "../flags.ts";
import { tap } from "../tap/tap.ts";

export default class Tap extends Command {
  static override description = `Show the events of the host that is up while they happen, until Ctrl-C.

A pattern is an instance (\`gpt\`), or an instance and a type (\`box.exec-*\`, \`*.run-end\`). \`*\` stands for any text.
Events of runs are read from their journals: a slow reader gets them later. What is left out is told with a count.`;
  static override examples = [
    "<%= config.bin %> tap gpt 'box.exec-*'",
    "<%= config.bin %> tap --record runs.ndjson",
    "<%= config.bin %> tap '*.run-end' --count 1 --json",
  ];
  static override strict = false;
  static override args = {
    pattern: Args.string({ ignoreStdin: true, description: "which events [default: all of runs]" }),
  };
  static override flags = {
    record: Flags.string({ helpValue: "FILE", description: "also write them whole into this new file, for `replay`" }),
    count: Flags.integer({ min: 1, helpValue: "N", description: "leave after so many events" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { argv, flags } = await this.parse(Tap);
    await tap({ patterns: argv as string[], record: flags.record, count: flags.count, json: flags.json });
  }
}
