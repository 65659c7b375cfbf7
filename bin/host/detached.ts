import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hostPaths, isOwnerAlive, writingState } from "../../core/command-line.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { printable, printableLines, privateFolder } from "../../core/kit/index.ts";
import { type HostFile, nameOf, readHostFile, refuseSecondHost } from "./host-file.ts";

/** Set for a host that runs in the background: it tells its parent, over their channel, that it is ready. */
const marker = "SLUICE_DETACHED";
/** Lines of its log that are shown when it could not start. */
const shownLines = 20;
/** Milliseconds between two looks whether a process has ended: nobody tells who is not its parent. */
const look = 50;

export interface Ready {
  readonly address: string | null;
  readonly link?: string;
}

/** Where a host in the background writes what it would have shown. */
export function logOfDetached(): string {
  return join(hostPaths().state, "up.log");
}

/**
 * Starts `sluice up` with these arguments in the background, and resolves when it is ready.
 * @throws SluiceError SLUICE_HOST_RUNNING, SLUICE_HOST_NOT_STARTED with the end of its log
 */
export async function startDetached(args: readonly string[]): Promise<Ready & { readonly pid: number }> {
  const { state } = hostPaths();
  refuseSecondHost(state);
  const log = writingState(state, () => {
    privateFolder(state);
    const path = logOfDetached();
    if (existsSync(path)) renameSync(path, `${path}.1`);
    return openSync(path, "wx", 0o600);
  });
  const [script = ""] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, script, "up", ...args], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
    env: { ...process.env, [marker]: "1" },
  });
  closeSync(log);
  try {
    const ready = await new Promise<Ready>((resolve, reject) => {
      child.once("error", reject);
      child.once("message", (message) => resolve(message as Ready));
      child.once("exit", (code, signal) => reject(notStarted(code ?? signal ?? "unknown")));
    });
    return { ...ready, pid: child.pid ?? 0 };
  } finally {
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function notStarted(how: number | string): SluiceError {
  const path = logOfDetached();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(-shownLines);
  // What it said before it gave up is in the log; why it gave up stands here, and once.
  const last = lines.findLastIndex((line) => line.startsWith("error["));
  const said = printableLines(lines.slice(Math.max(0, last)).join("\n"));
  return new SluiceError("SLUICE_HOST_NOT_STARTED", `the host ended with ${how} before it was ready:\n${said}`, {
    cure: `Its log is ${printable(path)}; \`sluice up\` without -d shows the same in this terminal.`,
  });
}

/** Tells whoever started this host in the background that it is ready. */
export function tellParent(ready: Ready): void {
  if (process.env[marker] === undefined) return;
  delete process.env[marker];
  process.send?.(ready);
  process.disconnect?.();
}

/**
 * Stops the host that is up as Ctrl-C does, and resolves when it is gone. Undefined when none is up.
 * @throws SluiceError SLUICE_HOST_STOPPING when it is still there after `limit` milliseconds
 */
export async function stopHost(limit: number, force: boolean): Promise<HostFile | undefined> {
  const up = readHostFile(hostPaths().state);
  if (up === undefined) return undefined;
  process.kill(up.pid, "SIGTERM");
  const last = performance.now() + limit;
  while (isOwnerAlive(up)) {
    if (performance.now() > last) {
      if (!force) throw stillThere(up, limit);
      process.kill(up.pid, "SIGKILL");
    }
    await delay(look);
  }
  return up;
}

function stillThere(up: HostFile, limit: number): SluiceError {
  const message = `the host ${nameOf(up)} is still stopping after ${limit / 1000}s: runs may be under way`;
  return new SluiceError("SLUICE_HOST_STOPPING", message, {
    cure: "Wait, or give `sluice down --force`: it ends the host, and its runs end as lost.",
  });
}
