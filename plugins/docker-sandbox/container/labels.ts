import { readFileSync, readlinkSync } from "node:fs";
import type { HostOwner } from "../../../core/contract/index.ts";

const PREFIX = "sluicebox.";

/** The namespace that numbers of processes here belong to; a host in a container has one of its own. */
const namespace = namespaceOf();

function namespaceOf(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

export interface LabelValues {
  readonly instance: string;
  readonly owner: HostOwner;
  readonly session?: string;
}

export function labelsOf({ instance, owner, session }: LabelValues): Record<string, string> {
  return {
    [`${PREFIX}instance`]: instance,
    [`${PREFIX}owner`]: owner.host,
    [`${PREFIX}pid`]: String(owner.pid),
    [`${PREFIX}started`]: owner.started,
    [`${PREFIX}namespace`]: namespace,
    ...(session === undefined ? {} : { [`${PREFIX}session`]: session }),
  };
}

/** The filter that finds containers of this project. */
export const OWNED = `${PREFIX}owner`;

export function ownerOf(labels: Readonly<Record<string, string>>): HostOwner {
  return {
    host: labels[`${PREFIX}owner`] ?? "",
    pid: Number(labels[`${PREFIX}pid`] ?? 0),
    started: labels[`${PREFIX}started`] ?? "",
  };
}

export function sessionOf(labels: Readonly<Record<string, string>>): string | undefined {
  return labels[`${PREFIX}session`];
}

/** Whether its host numbers processes otherwise than we do. Nothing can be told of it, so it is taken to be alive. */
export function isElsewhere(labels: Readonly<Record<string, string>>): boolean {
  return (labels[`${PREFIX}namespace`] ?? namespace) !== namespace;
}

/**
 * Whether the process that made a container still lives: its pid exists, and began in the boot and at the clock tick of
 * `started`. These are the boot's id and field 22 of /proc/PID/stat.
 */
export function isAlive(owner: HostOwner): boolean {
  if (!Number.isInteger(owner.pid) || owner.pid <= 0) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    const stat = readFileSync(`/proc/${owner.pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    // A zombie has ended, although its number is still taken.
    return fields[0] !== "Z" && `${boot}/${fields[19]}` === owner.started;
  } catch {
    // Without /proc the pid alone decides.
    return true;
  }
}
