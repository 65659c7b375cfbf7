import { Args, Command } from "@oclif/core";
import { SluiceError } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { runArgument } from "../flags.ts";
import { connectUp, type HostConnection } from "../host/connection.ts";
import { findRun } from "../host/find-run.ts";

async function newest(connection: HostConnection): Promise<string> {
  const [record] = await connection.runs({ status: "running", limit: 1 });
  if (record !== undefined) return record.run;
  throw new SluiceError("SLUICE_RUN_NOT_FOUND", "no run is under way", {
    cure: "`sluice runs` lists those that were.",
  });
}

export default class Cancel extends Command {
  static override description = "Cancel a run of the host that is up; it ends as `cancelled`.";
  static override examples = ["<%= config.bin %> cancel last", "<%= config.bin %> cancel RUN"];
  static override args = { run: Args.string({ ...runArgument, required: true }) };

  override async run(): Promise<void> {
    const { args } = await this.parse(Cancel);
    await using connection = await connectUp();
    const run = args.run === "last" ? await newest(connection) : await findRun(connection, args.run);
    const [record] = await connection.runs({ run });
    const name = printable(run);
    if (record !== undefined && record.status !== "running") {
      process.stderr.write(`${name} had ended already: ${record.status}\n`);
      return;
    }
    await connection.cancel(run);
    process.stderr.write(`${name} is cancelled\n`);
  }
}
