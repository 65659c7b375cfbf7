import type { SandboxInfo } from "../../../core/contract/index.ts";
import { printableJson } from "../../../core/kit/index.ts";
import { SandboxCommand } from "../../host/sandbox-command.ts";
import { localTime, timeZone } from "../../output/style.ts";
import { table } from "../../output/table.ts";

export default class SandboxList extends SandboxCommand {
  static override description = "List the sandboxes of this machine, those that a dead host left included.";
  static override examples = ["<%= config.bin %> sandbox list"];
  static override flags = SandboxCommand.shared;

  override async run(): Promise<void> {
    const { flags } = await this.parse(SandboxList);
    const found: SandboxInfo[] = [];
    await this.each(flags, "list", async ({ sandbox, signal }) => {
      found.push(...(await sandbox.list(signal)));
    });
    const sandboxes = [...new Map(found.map((info) => [info.id, info])).values()];
    if (flags.json) process.stdout.write(sandboxes.map((info) => `${printableJson(info)}\n`).join(""));
    else if (sandboxes.length === 0) process.stderr.write("no sandboxes\n");
    else {
      const rows = sandboxes.map((info) => [
        info.id.slice(0, 12),
        info.name,
        info.state,
        info.session ?? "",
        info.ownerAlive ? "alive" : "dead",
        localTime(info.created),
      ]);
      process.stdout.write(table(["ID", "NAME", "STATE", "SESSION", "HOST", `CREATED (${timeZone()})`], rows));
    }
  }
}
