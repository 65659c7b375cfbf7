/**
 * `npm run fuzz:every`: each edge in a process of its own, one after the other. Each has as many seconds as
 * `SLUICE_FUZZ_SECONDS` says, and 60 by default. A process that ends by itself is a fault of its edge.
 */
import { spawnSync } from "node:child_process";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { edges } from "./edges.ts";

/** Milliseconds beyond its time that an edge may take to begin and to end, on a machine that is busy with all else. */
const patience = 900_000;

const seconds = process.env["SLUICE_FUZZ_SECONDS"] ?? "60";
const seed = process.env["SLUICE_FUZZ_SEED"] ?? String(Date.now() % 2 ** 31);
if (!(Number(seconds) > 0)) {
  console.error(`SLUICE_FUZZ_SECONDS is ${JSON.stringify(seconds)}, and not a number of seconds`);
  process.exit(2);
}
// The tests beside it come first.
setPriority(constants.priority.PRIORITY_LOW);
const failed = Object.keys(edges).filter((name) => {
  const command = [join(import.meta.dirname, "fuzz.ts"), name, seconds, seed];
  const { status, signal } = spawnSync(process.execPath, command, {
    stdio: "inherit",
    timeout: Number(seconds) * 1_000 + patience,
    killSignal: "SIGKILL",
  });
  if (status !== 0 && status !== 1)
    console.log(`${name.padEnd(20)} its process has ended: ${signal ?? `exit code ${status}`} (seed ${seed})`);
  return status !== 0;
});
const all = Object.keys(edges).length;
console.log(
  failed.length === 0 ? `fuzz: ${all} edges, no fault` : `fuzz: faults at ${failed.length} of ${all} edges: ${failed}`,
);
process.exit(failed.length === 0 ? 0 : 1);
