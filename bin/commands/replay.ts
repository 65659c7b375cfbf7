import { Args, Command } from "@oclif/core";
import { replay } from "../execution/replay.ts";
import { jsonFlag } from "../flags.ts";

export default class Replay extends Command {
  static override description = `Show a recording again: no model, no Docker, no host.

A recording is what \`tap --record\` or \`run --json\` wrote. With --json the same events come out, byte for byte.`;
  static override examples = ["<%= config.bin %> replay runs.ndjson", "<%= config.bin %> replay runs.ndjson --json"];
  static override args = {
    file: Args.string({ ignoreStdin: true, required: true, description: "the recording" }),
  };
  static override flags = { json: jsonFlag };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Replay);
    process.exitCode = await replay(args.file, { json: flags.json });
  }
}
