import { dirname, extname } from "node:path";
import { packageRoot as assetRoot } from "../core/kit/index.ts";

/** Whether the sources run as they are, and not what was built of them in `dist/`. */
export const fromSource = extname(import.meta.filename) === ".ts";

/** The folder with `profiles/` and `schema/`: the repository, or `dist/`, into which the build copies them. */
export { assetRoot };

/** The folder of `package.json` and `oclif.manifest.json`. */
export const commandRoot = fromSource ? assetRoot : dirname(assetRoot);
