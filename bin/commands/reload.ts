import { Command } from "@oclif/core";
import { renderText } from "../../core/command-line.ts";
import { type ProfileOutcome, SluiceError } from "../../core/contract/index.ts";
import { printableJson } from "../../core/kit/index.ts";
import { jsonFlag } from "../flags.ts";
import { connectUp } from "../host/connection.ts";
import { wantsColour } from "../output/style.ts";
import { outcomeLine } from "../plan/changes.ts";

/** The way to the host may be among what is replaced: then the answer does not arrive, and what is left is looked at. */
async function reload(): Promise<ProfileOutcome> {
  try {
    await using connection = await connectUp();
    return await connection.reload();
  } catch (error) {
    if (!SluiceError.is(error) || error.code !== "SLUICE_WIRE_CLOSED") throw error;
    await using connection = await connectUp();
    const left = await connection.preview();
    if (left.changes.some(({ action }) => action !== "host") || left.problems.length > 0) throw error;
    return { ...left, status: "applied", revision: "" };
  }
}

export default class Reload extends Command {
  static override description = `Let the host that is up serve what its profile says now.

All of it, or nothing: what has problems is rejected, and when something cannot start everything is as it was. Runs under
way finish on what they started with, and what is unchanged is not touched. Exits 78 when it was rejected, 69 when it was
rolled back.`;
  static override examples = ["<%= config.bin %> reload"];
  static override flags = { json: jsonFlag };

  override async run(): Promise<void> {
    const { flags } = await this.parse(Reload);
    const outcome = await reload();
    if (flags.json) process.stdout.write(`${printableJson({ type: "reload", data: outcome })}\n`);
    else {
      process.stderr.write(renderText(outcome.problems, {}, { colour: wantsColour(process.stderr) }));
      process.stdout.write(`${outcomeLine(outcome)}\n`);
    }
    process.exitCode = outcome.status === "applied" ? 0 : outcome.status === "rejected" ? 78 : 69;
  }
}
