import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { assetRoot } from "../package-root.ts";

/** The profile a command works with: `-p`, else `./sluice.yaml`, else the one that comes with Sluicebox. */
export function profileOf(flag: string | undefined, cwd: string = process.cwd()): string {
  if (flag !== undefined) return shipped(flag) ?? flag;
  return existsSync(join(cwd, "sluice.yaml")) ? "sluice.yaml" : join(assetRoot, "profiles", "default.yaml");
}

/** `-p offline` names a profile that comes with Sluicebox, unless a file of that name is there. */
function shipped(name: string): string | undefined {
  if (!/^[\w-]+$/.test(name) || existsSync(resolve(name))) return undefined;
  const file = join(assetRoot, "profiles", `${name}.yaml`);
  return existsSync(file) ? file : undefined;
}
