import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds `plugins/`, `profiles/` and `schema/`: the sources', or `dist/`. */
export const assetFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The profile to use: the one given, else `./sluice.yaml`, else the one that comes with the package. */
export function profilePath(given: string | undefined, cwd: string): string {
  if (given !== undefined) return given;
  if (existsSync(resolve(cwd, "sluice.yaml"))) return "sluice.yaml";
  return join(assetFolder, "profiles", "default.yaml");
}
