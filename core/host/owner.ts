import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { HostOwner } from "../contract/store.ts";

/** Names this process, so that a later host can tell whether it still lives. */
export function createOwner(): HostOwner {
  return { host: randomUUID(), pid: process.pid, started: startedOf(process.pid) ?? String(process.pid) };
}

/** Whether the process that `owner` names is still the same one, and alive. */
export function isOwnerAlive(owner: HostOwner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const started = startedOf(owner.pid);
  return started === undefined || started === owner.started;
}

/**
 * Boot id and start time in clock ticks: field 22 of /proc/PID/stat, counted after the name, which may hold blanks
 * (proc(5)). Undefined where there is no /proc; the pid alone decides there.
 */
function startedOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // A zombie has ended, although its number is still taken.
    if (fields[0] === "Z") return "ended";
    return `${boot}/${fields[19]}`;
  } catch {
    return undefined;
  }
}
