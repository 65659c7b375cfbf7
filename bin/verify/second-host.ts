import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Sandbox } from "../../core/contract/index.ts";
import { waitFor } from "../../core/kit/index.ts";
import type { Relaunch } from "./ground.ts";

/** What the second host says when its program runs. */
const said = "held";

/** This command once more, in another process: it keeps a session of the same sandbox until it is killed. */
export function secondHost(profile: string | undefined, sandbox: string): Relaunch {
  return async (signal) => {
    const [script = ""] = process.argv.slice(1);
    const given = profile === undefined ? [] : ["--profile", profile];
    const words = [...process.execArgv, script, "verify", "--hold", "--sandbox", sandbox, ...given];
    // Not under a launcher of its own: who is killed must be the host itself.
    const { SLUICE_LAUNCHER: _launcher, ...env } = process.env;
    const host = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "ignore"], env });
    const gone = once(host, "exit");
    const early = gone.then(([code]) => Promise.reject(new Error(`the second host ended with ${code}`)));
    let id: string;
    try {
      const [told] = await Promise.race([once(host.stdout, "data", { signal }), early]);
      id = String(told).trim();
    } catch (error) {
      host.kill("SIGKILL");
      throw error;
    }
    early.catch(() => undefined);
    return {
      id,
      async kill() {
        host.kill("SIGKILL");
        await gone;
      },
    };
  };
}

/** Is that host: a program runs in a session, and nobody ends it. */
export async function hold(sandbox: Sandbox, signal: AbortSignal): Promise<void> {
  const session = await sandbox.open({ session: `verify-${said}`, mode: "fresh" }, signal);
  session.execute(`echo ${said}; sleep 1000`, { language: "bash", timeout: 60_000 }).subscribe({
    next: ({ type }) => {
      if (type === "exec-stdout") process.stdout.write(`${session.id}\n`);
    },
    error: () => undefined,
  });
  await waitFor(session.closed, { signal });
}
