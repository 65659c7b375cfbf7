import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const requirements = fileURLToPath(new URL("lmc-requirements.txt", import.meta.url));

/** A Python that has what lmc-requirements.txt names; made once for each content of that file and each Python. */
export async function pythonForClients(): Promise<string> {
  const { stdout } = await run("python3", ["--version"]);
  const made = createHash("sha256").update(stdout).update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const cache = join(homedir(), ".cache/sluicebox-test");
  const folder = join(cache, `python-${made}`);
  if (!existsSync(folder)) await make(cache, folder);
  return pythonOf(folder);
}

const pythonOf = (folder: string) => join(folder, "bin/python");

async function make(cache: string, folder: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  // Whole or not at all, and whoever makes it at the same time may win.
  const made = mkdtempSync(join(cache, "making-"));
  try {
    await run("python3", ["-m", "venv", made]);
    const where = "import sysconfig; print(sysconfig.get_path('purelib'))";
    const { stdout } = await run(pythonOf(made), ["-c", where]);
    const only = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--platform", "any"];
    await run(pythonOf(made), ["-m", "pip", "install", "-q", ...only, "--target", stdout.trim(), "-r", requirements]);
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
