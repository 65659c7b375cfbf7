import { Args, Command } from "@oclif/core";
import { readFiles } from "../../execution/files.ts";
import { sessionArgument } from "../../flags.ts";
import { connectUp } from "../../host/connection.ts";
import { plural } from "../../output/style.ts";

export default class SessionsPut extends Command {
  static override description = `Put files and folders into the workspace of a session of the host that is up.

A session of that name is begun where there is none. A folder keeps its name and what is below it.`;
  static override examples = ["<%= config.bin %> sessions put mine data.csv notebooks"];
  static override strict = false;
  static override args = {
    session: Args.string(sessionArgument),
    file: Args.string({ ignoreStdin: true, required: true, description: "a file or folder, as many as wanted" }),
  };

  override async run(): Promise<void> {
    const { argv } = await this.parse(SessionsPut);
    const [session = "", ...paths] = argv as string[];
    const files = await readFiles(paths);
    await using connection = await connectUp();
    await connection.putFiles(session, files);
    process.stderr.write(`${plural(files.length, "file")} put\n`);
  }
}
