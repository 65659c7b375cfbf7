import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { packageRoot } from "../kit/package-root.ts";

/** The profile to use: the one given, else `./sluice.yaml`, else the one that comes with the package. */
export function profilePath(given: string | undefined, cwd: string): string {
  if (given !== undefined) return given;
  if (existsSync(resolve(cwd, "sluice.yaml"))) return "sluice.yaml";
  return join(packageRoot, "profiles", "default.yaml");
}
