import { Command } from "@oclif/core";
import { renderText } from "../../core/command-line.ts";
import { printableJson } from "../../core/kit/index.ts";
import { jsonFlag } from "../flags.ts";
import { connectUp } from "../host/connection.ts";
import { wantsColour } from "../output/style.ts";
import { changesText } from "../plan/changes.ts";

export default class Plan extends Command {
  static override description = `Show what \`sluice reload\` would do to the host that is up: nothing is touched.

+ is added, ~ changes, - goes, = stays as it is, ! takes a restart of the host. Exits 78 when the profile has an error.`;
  static override examples = ["<%= config.bin %> plan"];
  static override flags = { json: jsonFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Plan);
    await using connection = await connectUp();
    const [check, instances] = await Promise.all([connection.preview(), connection.instances()]);
    const bad = check.problems.some(({ severity }) => severity === "error");
    if (flags.json) process.stdout.write(`${printableJson({ type: "plan", data: check })}\n`);
    else {
      process.stderr.write(renderText(check.problems, {}, { colour: wantsColour(process.stderr) }));
      const ids = instances.map(({ id }) => id);
      if (!bad) process.stdout.write(check.changes.length === 0 ? "nothing has changed\n" : changesText(check, ids));
    }
    process.exitCode = bad ? 78 : 0;
  }
}
