import { Command } from "@oclif/core";
import { printableJson } from "../../core/kit/index.ts";
import { jsonFlag } from "../flags.ts";
import { connectUp } from "../host/connection.ts";
import { hostsTable } from "../hosts/hosts-table.ts";

export default class Hosts extends Command {
  static override description = `List the hosts of the cluster: state, capacity and use, runs, the queue, last seen.

The host that is up is asked, and asks the others; it is the one with the star. One that is not in a cluster lists itself.
A host that is silent for too long is gone from the list. With --json it is one object a line, one for each host.`;
  static override examples = ["<%= config.bin %> hosts", "<%= config.bin %> hosts --json"];
  static override flags = { json: jsonFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Hosts);
    await using connection = await connectUp();
    const overview = await connection.hosts();
    const { hosts, ...queue } = overview;
    const lines = hosts.map((host) => `${printableJson({ ...host, ...queue })}\n`);
    process.stdout.write(flags.json ? lines.join("") : hostsTable(overview));
  }
}
