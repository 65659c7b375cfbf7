import { Command } from "@oclif/core";
import { printableJson } from "../../../core/kit/index.ts";
import { jsonFlag } from "../../flags.ts";
import { connectUp } from "../../host/connection.ts";
import { localTime, timeZone } from "../../output/style.ts";
import { table } from "../../output/table.ts";

export default class SessionsList extends Command {
  static override description = "List the sessions of the host that is up.";
  static override examples = ["<%= config.bin %> sessions list"];
  static override flags = { json: jsonFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(SessionsList);
    await using connection = await connectUp();
    const sessions = await connection.sessions();
    if (flags.json) process.stdout.write(sessions.map((each) => `${printableJson(each)}\n`).join(""));
    else if (sessions.length === 0) process.stderr.write("no sessions\n");
    else {
      const rows = sessions.map(({ session, created, lastUsed, runs, sandboxes }) => [
        ...[session, localTime(created), localTime(lastUsed)],
        ...[String(runs), sandboxes.join(", ")],
      ]);
      process.stdout.write(table(["SESSION", `BEGUN (${timeZone()})`, "LAST USED", "RUNS", "SANDBOXES"], rows));
    }
  }
}
