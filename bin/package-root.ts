import { dirname, extname } from "node:path";
import { packageRoot as assets } from "../core/index.ts";

/** Whether the sources run as they are, and not what was compiled of them into `dist/`. */
export const fromSource = extname(import.meta.filename) === ".ts";

/** The folder with `profiles/` and `schema/`: the repository, or `dist/`, into which the build copies them. */
export const assetRoot = assets;

/** The folder of `package.json` and `oclif.manifest.json`. */
export const packageRoot = fromSource ? assetRoot : dirname(assetRoot);
