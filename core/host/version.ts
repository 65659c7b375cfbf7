import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The package's version, from the `package.json` in its sources or beside what was compiled of them. */
export function packageVersion(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  return manifest.version;
}
