/**
 * How many of the coding tasks the local model solves, with one try and with the loop: `node test/bench/coding-tasks.ts`.
 * No figure of this is asserted on: it says what a model can do, not whether the code is right.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { createHost, type Host } from "../../core/index.ts";
import { type CodingTask, tasks } from "../fixtures/coding-tasks/tasks.ts";

const model = process.argv[2] ?? "smollm2-135m";
const home = process.env["SLUICE_TEST_HOME"] ?? join(homedir(), ".cache", "sluicebox-test");

/** Whether the function that the model left in the session does what was asked. */
async function solves(host: Host, flow: string, { name, prompt, check }: CodingTask): Promise<boolean> {
  const session = `${flow}-${name}`;
  const text = `${prompt}\n\nEnd your program with these checks:\n${check}`;
  await host.runs.open({ flow, input: { text }, session }).done;
  const verdict = await host.runs.open({ flow: "run", input: { code: check }, session, timeout: 20_000 }).done;
  await host.sessions.close(session);
  return verdict.data.status === "ok";
}

const host = await createHost({
  store: false,
  env: { ...process.env, SLUICE_HOME: home },
  config: {
    version: 1,
    plugins: {
      tiny: { use: "llm-local", with: { model, pull: true, maxTokens: 256 } },
      box: { use: "docker-sandbox", with: { preload: [], timeout: "10s" } },
    },
    flows: { run: "box", once: ["tiny", "box"], loop: { loop: ["tiny", "box"], until: "passes", max: 3 } },
  },
});
for (const flow of ["once", "loop"]) {
  let solved = 0;
  for (const task of tasks) {
    const right = await solves(host, flow, task);
    if (right) solved += 1;
    process.stdout.write(right ? "+" : ".");
  }
  process.stdout.write(`  ${model}, ${flow}: ${solved}/${tasks.length}\n`);
}
await host.close({ drain: 0 });
