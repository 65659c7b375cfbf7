import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const version = "1.15.2";

export interface Portkey extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

/** Portkey's gateway from npm, kept outside the project from one run to the next. Gives a reason where there is none. */
export async function startPortkey(): Promise<Portkey | string> {
  try {
    const port = await freePort();
    const child = spawn(process.execPath, [await install(), "--headless", `--port=${port}`], { stdio: "ignore" });
    const end = once(child, "exit");
    const stop = async () => {
      child.kill("SIGKILL");
      await end;
    };
    for (let attempt = 0; attempt < 100 && child.exitCode === null; attempt += 1) {
      if (
        await fetch(`http://127.0.0.1:${port}/`).then(
          (answer) => answer.ok,
          () => false,
        )
      ) {
        return { port, pid: child.pid ?? 0, [Symbol.asyncDispose]: stop };
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await stop();
    return "it did not start";
  } catch (error) {
    return String((error as Error).message).split("\n")[0] ?? "unknown";
  }
}

/** Newer versions of `@hono/node-server` hold its streams back until their end. */
async function install(): Promise<string> {
  const folder = join(homedir(), ".cache", "sluicebox-bench", `portkey-${version}`);
  const entry = join(folder, "node_modules", "@portkey-ai", "gateway", "build", "start-server.js");
  if (existsSync(entry)) return entry;
  mkdirSync(folder, { recursive: true });
  const wanted = { "@portkey-ai/gateway": version };
  const overrides = { "@hono/node-server": "1.3.3" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: wanted, overrides }));
  const options = { cwd: folder, timeout: 180_000 };
  await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], options);
  return entry;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}
