import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";

export interface Traces {
  readonly mounts: readonly string[];
  readonly files: readonly string[];
  readonly processes: readonly string[];
}

/**
 * What would be seen of something that was left behind, by names that nothing else on this machine has. What others mount,
 * write and start meanwhile is theirs. `children`: processes of this one that were there before.
 */
export function tracesOf(names: readonly string[], children: readonly string[]): Traces {
  return {
    mounts: mountsOf(names, read("/proc/self/mountinfo")),
    files: readdirSync(tmpdir()).filter((file) => names.some((name) => file.includes(name))),
    processes: ownChildren().filter((child) => !children.includes(child)),
  };
}

/** Mounts whose root or point bears one of the names, as `mountinfo` lists them; their options others count up. */
export function mountsOf(names: readonly string[], mountinfo: string): readonly string[] {
  return mountinfo
    .split("\n")
    .map((line) => line.split(" ").slice(3, 5))
    .filter((paths) => paths.some((path) => path.split("/").some((part) => names.some((name) => isNamed(part, name)))))
    .map((paths) => paths.join(" "));
}

/** Numbers of processes that this one has begun and that have not ended. */
export function ownChildren(): readonly string[] {
  const told = read(`/proc/self/task/${process.pid}/children`).trim();
  return told === "" ? [] : told.split(" ");
}

/** Such as `sluice-0f3a` and `sluice-0f3a.old`; a longer word that begins alike is another name. */
function isNamed(part: string, name: string): boolean {
  return part === name || (part.startsWith(name) && /^[^A-Za-z0-9]/.test(part.slice(name.length)));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
