import { spawn } from "node:child_process";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHost } from "../../../core/index.ts";
import { temporaryHome } from "../host/temporary-home.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;
const configOf = (use: string, isolate: unknown) => ({
  version: 1,
  plugins: {
    good: { use: "./shout" },
    bad: { use, isolate, restart: { attempts: 0 }, onStartError: "skip" },
  },
  flows: { chat: "good", bad: "bad" },
});

describe("a module that never ends to load", () => {
  it("should be a problem of the profile, by its line, where it loops in a thread of its own", async () => {
    using home = temporaryHome();
    const config = configOf("./loops-at-load", { worker: { held: "1s" } });
    await expect(createHost({ config, cwd: custom, env: home.env })).rejects.toThrow(
      /`bad` cannot be used: loops-at-load failed: held its thread for 1 s \(index\.js:1\)/,
    );
  });

  it("should be named by its line where it holds the host's own thread", async () => {
    using home = temporaryHome();
    const code = `
      import { createHost } from ${JSON.stringify(new URL("../../../core/index.ts", import.meta.url).href)};
      await createHost({ config: ${JSON.stringify(configOf("./loops-at-load", "none"))},
        cwd: ${JSON.stringify(custom)}, env: process.env, transports: true });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      ...{ env: home.env, stdio: ["ignore", "ignore", "pipe"] },
    });
    // Also when the test is given up: it would loop for ever.
    onTestFinished(() => void child.kill("SIGKILL"));
    let told = "";
    for await (const chunk of child.stderr) {
      told += chunk;
      if (told.includes("index.js:1")) break;
    }
    expect(told).toMatch(/loops-at-load holds the event loop of the host for 2 s, .*\(index\.js:1\)/);
  }, 60_000);
});
