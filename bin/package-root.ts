import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";

/** Whether the sources run as they are, and not what was built of them in `dist/`. */
export const fromSource = extname(import.meta.filename) === ".ts";

/** The folder with `profiles/` and `schema/`: the repository, or `dist/`, into which the build copies them. */
export const assetRoot = above(import.meta.dirname);

/** The folder of `package.json` and `oclif.manifest.json`. */
export const packageRoot = fromSource ? assetRoot : dirname(assetRoot);

/** Searched for, because the build puts this module wherever it likes. */
function above(folder: string): string {
  const found = existsSync(join(folder, "profiles")) && existsSync(join(folder, "schema"));
  return found || folder === dirname(folder) ? folder : above(dirname(folder));
}
