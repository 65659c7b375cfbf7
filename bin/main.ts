import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Config, type Interfaces, run } from "@oclif/core";
import { SluiceError } from "../core/contract/index.ts";
import { reportFailure } from "./output/failure.ts";
import { drained, outputFailure } from "./output/output.ts";
import { commandRoot, fromSource } from "./package-root.ts";

/** Runs one command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const pjson = JSON.parse(readFileSync(join(commandRoot, "package.json"), "utf8"));
  if (fromSource) pjson.oclif.commands = "./bin/commands";
  // oclif's own listener throws, and nothing catches what it throws.
  process.stdout.removeAllListeners("error");
  let isTold = false;
  // Each write fails again, and one that nobody listens for would end the process.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || isTold) return;
    isTold = true;
    process.exitCode = reportFailure(outputFailure(error), []);
  });
  process.stderr.on("error", () => {});
  // Without it oclif asks for the name of this user. Users of containers may have none, and it throws.
  process.env["SHELL"] ??= "/bin/sh";
  // A pause of a model is no reason to end: the host's own timers keep no process alive.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    await run(asOclifReadsIt(argv), { root: commandRoot, pjson, ignoreManifest: fromSource });
  } catch (error) {
    const isSame = isTold && SluiceError.is(error) && error.code === "SLUICE_OUTPUT_FAILED";
    if (!isSame) process.exitCode = reportFailure(error, argv, await commandNames(pjson));
  } finally {
    clearInterval(alive);
  }
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit();
}

/** All commands, as they are typed; none where they cannot be found out. */
async function commandNames(pjson: Interfaces.PJSON): Promise<readonly string[]> {
  const config = await Config.load({ root: commandRoot, pjson, ignoreManifest: fromSource }).catch(() => undefined);
  return (config?.commandIDs ?? []).map((id) => id.replaceAll(":", " "));
}

/** `sluice help run` is `sluice run --help`, `sluice version` is `--version`, and `-h` anywhere before `--` asks for help too. */
function asOclifReadsIt(argv: readonly string[]): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const words = argv.slice(0, end).map((word) => (word === "-h" ? "--help" : word));
  const [first, ...rest] = words;
  if (first === "version" && rest.length === 0) return ["--version"];
  return [...(first === "help" ? [...rest, "--help"] : words), ...argv.slice(end)];
}
