import type { RunEvent } from "../../core/contract/index.ts";
import { printable } from "../../core/kit/index.ts";
import { type Outputs, processOutputs } from "../output/output.ts";
import { viewOf } from "./attach.ts";
import { RunVerdict } from "./exit-code.ts";
import type { ProgramRunView } from "./program-view.ts";
import { readRecording, recordedLine } from "./recording.ts";

/** Shows recorded runs as they were shown when they ran, and exits as the last of them did. */
export async function replay(path: string, options: { readonly json: boolean }): Promise<number> {
  const outputs = processOutputs();
  const open = new Set<string>();
  const views = new Map<string, ProgramRunView>();
  let verdict: RunVerdict | undefined;
  for await (const event of readRecording(path)) {
    if (outputs.stdout.gone.aborted) return 141;
    if (options.json) await outputs.stdout.write(recordedLine(event));
    if (!("run" in event)) continue;
    if (verdict === undefined || event.type === "run-start") verdict = new RunVerdict();
    verdict.observe(event);
    if (!options.json) await viewIn(views, event, outputs).show(event);
    open.add(event.run);
    if (event.type !== "run-end") continue;
    open.delete(event.run);
    views.delete(event.run);
  }
  for (const run of open) await outputs.stderr.write(`[the recording stops before the end of ${printable(run)}]\n`);
  return verdict?.exitCode ?? 0;
}

/** Runs that were recorded side by side have a view each. */
function viewIn(views: Map<string, ProgramRunView>, event: RunEvent, outputs: Outputs): ProgramRunView {
  const view = views.get(event.run) ?? viewOf(event, outputs);
  views.set(event.run, view);
  return view;
}
