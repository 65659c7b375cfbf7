import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Relaunch } from "../../bin/verify/ground.ts";

/** Another process with a session that runs, for the case of a host that is killed. */
export const secondHost =
  (...words: readonly string[]): Relaunch =>
  async (signal) => {
    const fixture = fileURLToPath(new URL("./host-process.fixture.ts", import.meta.url));
    const host = spawn(process.execPath, [fixture, ...words], { stdio: ["pipe", "pipe", "inherit"] });
    const [told] = await once(host.stdout, "data", { signal });
    return {
      id: String(told).trim(),
      async kill() {
        const gone = once(host, "exit");
        host.kill("SIGKILL");
        await gone;
      },
    };
  };
