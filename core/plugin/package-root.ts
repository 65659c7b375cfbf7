import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Where `plugins/`, `schema/` and `profiles/` stand: the repository, or `dist/` of the built package. */
export const packageRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
