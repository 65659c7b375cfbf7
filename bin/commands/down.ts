import { Command, Flags } from "@oclif/core";
import { printable } from "../../core/kit/index.ts";
import { milliseconds } from "../flags.ts";
import { stopHost } from "../host/detached.ts";
import { nameOf } from "../host/host-file.ts";

export default class Down extends Command {
  static override description = `Stop the host that is up, wherever it was started. What runs may finish first.

Exits 0 when none is up as well.`;
  static override examples = ["<%= config.bin %> down", "<%= config.bin %> down --timeout 2m"];
  static override flags = {
    timeout: Flags.string({ helpValue: "30s", default: "30s", description: "time to wait for its end" }),
    force: Flags.boolean({ description: "end it when that time is over; its runs end as lost" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Down);
    const stopped = await stopHost(milliseconds("timeout", flags.timeout) ?? 0, flags.force);
    process.stderr.write(stopped === undefined ? "no host is up\n" : `stopped ${printable(nameOf(stopped))}\n`);
  }
}
