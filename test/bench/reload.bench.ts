import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { loadPlan } from "../../core/plugin/load-plan.ts";
import { startTestHost } from "../../core/testing/index.ts";

/** What a reload takes in a host with a sandbox, transports and models, beside reading the profile, which is its floor. */
const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const file = join(folder, "sluice.yaml");
let round = 0;

const model = (delay: number) => `{ use: llm-scripted, with: { script: [yes], delay: ${delay}ms } }`;
function save(parts: { readonly delay?: number; readonly more?: string }): void {
  writeFileSync(
    file,
    `version: 1
plugins:
  box: { use: docker-sandbox }
  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }
  api: { use: openai-api, with: { listen: "127.0.0.1:0" } }
  model: ${model(parts.delay ?? 1)}
  other: ${model(1)}
${parts.more === undefined ? "" : `  more: ${parts.more}\n`}flows: { chat: { fallback: [model, other] }, run: box }
`,
  );
}

save({});
const { host, ...own } = await startTestHost({
  ...{ profile: file, cwd: folder, transports: true, terminal: false },
  env: { PATH: process.env["PATH"] },
});
afterAll(async () => {
  await own[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function reload(): Promise<void> {
  const { status, problems } = await host.operation.profile.reload("bench");
  if (status !== "applied") throw new Error(`${status}: ${problems.map(({ message }) => message).join("; ")}`);
}

async function addAndDrop(more: string): Promise<void> {
  save({ more });
  await reload();
  save({});
  await reload();
}

const options = { iterations: 40, time: 0, warmupIterations: 5, warmupTime: 0 };

test("a reload (goals: a live option within 50 ms, a plugin within 200 ms beside its own start)", async ({ bench }) => {
  await bench.compare(
    bench("floor: reading the profile", async () => {
      save({});
      await loadPlan({ file, cwd: folder, env: { SLUICE_HOME: own.home } });
    }),
    bench("one live option", async () => {
      round += 1;
      save({ delay: 1 + (round % 2) });
      await reload();
    }),
    bench("add a model and drop it again", () => addAndDrop(model(1))),
    bench("add a sandbox and drop it again", () => addAndDrop("{ use: docker-sandbox, with: { timeout: 31s } }")),
    bench("add a transport and drop it again", () =>
      addAndDrop('{ use: websocket, with: { listen: "127.0.0.1:0", path: /more } }'),
    ),
    options,
  );
});
