import { Args, Command, Flags } from "@oclif/core";
import type { RunRecord } from "../../core/contract/index.ts";
import { cutText, printableJson } from "../../core/kit/index.ts";
import { FramedView } from "../execution/framed-view.ts";
import { JsonView } from "../execution/program-view.ts";
import { TranscriptView } from "../execution/transcript-view.ts";
import { hostFlag, jsonFlag, profileFlag, runArgument } from "../flags.ts";
import { inspectHost } from "../host/connection.ts";
import { findRun } from "../host/find-run.ts";
import { processOutputs } from "../output/output.ts";
import { duration, localTime, timeZone } from "../output/style.ts";
import { table } from "../output/table.ts";

const statuses = ["running", "ok", "failed", "cancelled", "timeout", "budget", "lost"] as const;

export default class Runs extends Command {
  static override description = "List the runs in the journal, newest first; with RUN, show what happened in that one.";
  static override examples = [
    "<%= config.bin %> runs --status failed",
    "<%= config.bin %> runs last",
    "<%= config.bin %> runs RUN --json",
  ];
  static override args = { run: Args.string(runArgument) };
  static override flags = {
    profile: profileFlag,
    host: hostFlag,
    session: Flags.string({ helpValue: "ID", description: "only those of this session" }),
    status: Flags.option({ options: statuses, description: "only those that ended so" })(),
    search: Flags.string({
      helpValue: "WORDS",
      description: "only those with all these words in input, output or error",
    }),
    flow: Flags.string({ helpValue: "NAME", description: "only those of this flow" }),
    limit: Flags.integer({ min: 1, default: 20, description: "at most so many" }),
    json: jsonFlag,
  };

  override async run(): Promise<void> {
    const { args, flags } = await this.parse(Runs);
    await using connection = await inspectHost(flags);
    if (args.run !== undefined) {
      const outputs = processOutputs();
      const view = flags.json ? new JsonView(outputs) : new FramedView(new TranscriptView(outputs), outputs.stderr);
      for await (const event of connection.follow(await findRun(connection, args.run), 0)) await view.show(event);
      return;
    }
    const { session, status, search, flow, limit } = flags;
    const records = await connection.runs({ session, status, search, flow, limit });
    if (flags.json) process.stdout.write(records.map((record) => `${printableJson(record)}\n`).join(""));
    else if (records.length === 0) process.stderr.write("no runs\n");
    else
      process.stdout.write(
        table(["RUN", `STARTED (${timeZone()})`, "FLOW", "STATUS", "TOOK", "INPUT"], records.map(row)),
      );
  }
}

function row(record: RunRecord): string[] {
  const took = record.ended === undefined ? "" : duration(Date.parse(record.ended) - Date.parse(record.started));
  const exit = record.exitCode ? ` (${record.exitCode})` : "";
  const input = record.input.replace(/\s+/g, " ").trim();
  return [
    record.run,
    localTime(record.started),
    record.flow,
    record.status + exit,
    took,
    input.length > 40 ? `${cutText(input, 39)}...` : input,
  ];
}
