/**
 * `npm run redteam [-- --short]`: plays every known way around the walls against `sluice up` with the default profile and a
 * real engine, and says of each what was tried and whether anything was gained. Exits 1 when something was.
 */
import { playAll } from "./play.ts";

const short = process.argv.includes("--short");
const only = process.argv.find((each) => /^\d+$/.test(each));
const { gained } = await playAll({ short, ...(only === undefined ? {} : { finding: Number(only) }) }, (line) =>
  process.stdout.write(`${line}\n`),
);
process.exit(gained === 0 ? 0 : 1);
