import { connectUp } from "../host/connection.ts";
import { processOutputs } from "../output/output.ts";
import { JsonView, ProgramView } from "./program-view.ts";
import { Verdict } from "./verdict.ts";

/** Shows a run that somebody else began, and exits as it does; leaving does not end it. */
export async function launchAttached(options: { run: string; after: number; json: boolean }): Promise<number> {
  await using connection = await connectUp();
  const outputs = processOutputs();
  const view = options.json ? new JsonView(outputs) : new ProgramView(outputs);
  const verdict = new Verdict();
  for await (const event of connection.follow(options.run, options.after)) {
    verdict.observe(event);
    await view.show(event);
    if (outputs.stdout.gone.aborted) return 141;
  }
  return verdict.exitCode;
}
