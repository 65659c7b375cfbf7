import { Command, Flags } from "@oclif/core";
import { jsonFlag, milliseconds } from "../flags.ts";
import { allHosts } from "../hosts/all-hosts.ts";
import { sortOrders } from "../top/sort.ts";
import { top } from "../top/top.ts";

export default class Top extends Command {
  static override description =
    `Show how busy the host is that is up: a table of instances and runs, drawn anew every second.

Rates, errors, how long answers and programs take, what waits for sinks, pools, sandboxes with their memory. On
a terminal keys sort it, as its last line says, and \`q\` leaves.
With --all: every host of the cluster, what each has to do, and where each run is.
Where stdout is no terminal each look is a table of its own; with --json it is one object a line.`;
  static override examples = ["<%= config.bin %> top", "<%= config.bin %> top --once", "<%= config.bin %> top --json"];
  static override flags = {
    all: Flags.boolean({ description: "all hosts of the cluster" }),
    once: Flags.boolean({ description: "one look, after a second, and leave" }),
    interval: Flags.string({ helpValue: "1s", default: "1s", description: "time between two looks" }),
    sort: Flags.option({ options: sortOrders, default: "profile", description: "what it is sorted by, most first" })(),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Top);
    const interval = milliseconds("interval", flags.interval) ?? 1_000;
    if (flags.all) await allHosts({ ...flags, interval });
    else await top({ ...flags, interval });
  }
}
