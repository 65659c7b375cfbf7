import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const cache = join(homedir(), ".cache/sluicebox-test");
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A Python that has what requirements.txt names; made once for each content of that file and each Python. */
export async function pythonForClients(): Promise<string> {
  const { stdout } = await run("python3", ["--version"]);
  const requirements = here("requirements.txt");
  const folder = await once("python", [stdout, readFileSync(requirements)], async (made) => {
    await run("python3", ["-m", "venv", made]);
    const only = ["--require-hashes", "--no-deps", "--only-binary", ":all:"];
    await run(pythonOf(made), ["-m", "pip", "install", "-q", ...only, "-r", requirements]);
  });
  return pythonOf(folder);
}

const pythonOf = (folder: string) => join(folder, "bin/python");

/** The folder of the packages that npm/package-lock.json names: other people's clients, which the project itself does not need. */
export async function nodeClients(): Promise<string> {
  const files = ["package.json", "package-lock.json"];
  const folder = await once(
    "node",
    files.map((name) => readFileSync(here(`npm/${name}`))),
    async (made) => {
      for (const name of files) cpSync(here(`npm/${name}`), join(made, name));
      await run("npm", ["ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"], { cwd: made });
    },
  );
  return join(folder, "node_modules");
}

/** A folder of the cache that `make` fills: whole or not at all, and whoever makes it at the same time may win. */
async function once(kind: string, contents: readonly (string | Buffer)[], make: (folder: string) => Promise<void>) {
  const hash = createHash("sha256");
  for (const content of contents) hash.update(content);
  const folder = join(cache, `${kind}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, "making-"));
  try {
    await make(made);
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
