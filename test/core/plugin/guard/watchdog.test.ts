import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { temporaryHome } from "../../host/temporary-home.ts";

const custom = new URL("../../../fixtures/custom/", import.meta.url).pathname;
const core = new URL("../../../../core/index.ts", import.meta.url).href;

/** A host of its own process, since a held event loop would hold the tests. */
const program = `
  const { createHost } = await import(${JSON.stringify(core)});
  const config = { version: 1, plugins: { bad: { use: "./bad-model", with: { how: "spins" } } }, flows: { chat: "bad" } };
  const host = await createHost({ config, cwd: ${JSON.stringify(custom)}, env: process.env, store: false });
  const logged = [];
  host.hostEvents$.subscribe((event) => event.type === "log" && logged.push(event.data.message));
  await host.runs.open({ input: { text: "go" } }).done;
  while (logged.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(logged.join("\\n"));
  await host.close();
`;

describe("a plugin that holds the event loop", () => {
  it("should be named with its line while it does, and in the log afterwards", async () => {
    using home = temporaryHome();
    const env = { ...process.env, ...home.env };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      env,
    });
    const told = /bad holds the event loop of the host for 2 s, and serves nobody meanwhile \(index\.js:\d+\)/;
    expect(stderr).toMatch(told);
    expect(stdout).toMatch(told);
  });
});
