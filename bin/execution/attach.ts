import type { RunEvent } from "../../core/contract/index.ts";
import { connectUp } from "../host/connection.ts";
import { findRun } from "../host/find-run.ts";
import { type Outputs, processOutputs } from "../output/output.ts";
import { RunVerdict } from "./exit-code.ts";
import { FramedView } from "./framed-view.ts";
import { JsonView, type ProgramRunView, ProgramView } from "./program-view.ts";
import { TranscriptView } from "./transcript-view.ts";

/** Shows a run that somebody else began, and exits as it does; leaving does not end it. */
export async function launchAttached(options: { run: string; after: number; json: boolean }): Promise<number> {
  await using connection = await connectUp();
  const outputs = processOutputs();
  const run = await findRun(connection, options.run);
  const view = options.json ? new JsonView(outputs) : await viewFor(connection.follow(run, 0), outputs);
  const verdict = new RunVerdict();
  for await (const event of connection.follow(run, options.after)) {
    verdict.observe(event);
    await view.show(event);
    if (outputs.stdout.gone.aborted) return 141;
  }
  return verdict.exitCode;
}

/** Its first event tells how a run is shown. */
async function viewFor(events: AsyncIterable<RunEvent>, outputs: Outputs): Promise<ProgramRunView> {
  for await (const first of events) return viewOf(first, outputs);
  return new ProgramView(outputs);
}

/** A program's run is shown as `run` shows it, a question's as `ask` does. */
export function viewOf(first: RunEvent, outputs: Outputs): ProgramRunView {
  const isProgram = first.type === "run-start" && first.data.input.code !== undefined;
  return new FramedView(isProgram ? new ProgramView(outputs) : new TranscriptView(outputs), outputs.stderr);
}
