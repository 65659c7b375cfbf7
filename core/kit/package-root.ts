import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The folder with `plugins/`, `schema/` and `profiles/`: the repository, or `dist/` of the built package. Looked for
 * upwards, since the build puts modules that several entries share into a folder of their own.
 */
export const packageRoot = findUpwards(dirname(fileURLToPath(import.meta.url)));

function findUpwards(folder: string): string {
  const found = ["plugins", "schema", "package.json"].every((name) => existsSync(join(folder, name)));
  return found || folder === dirname(folder) ? folder : findUpwards(dirname(folder));
}
