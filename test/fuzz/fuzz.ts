/**
 * `npm run fuzz -- EDGE [SECONDS] [SEED]`: gives one way in hostile inputs, and looks which paths of the code they take.
 * `npm run fuzz -- EDGE FILE`: gives it the one input of a file that an earlier fault has left in `var/fuzz/`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { edges } from "./edges.ts";
import { fuzz } from "./run.ts";

const [name = "", given = "60", seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
const edge = Object.hasOwn(edges, name) ? edges[name] : undefined;
if (edge === undefined) {
  console.error(`there is no edge ${JSON.stringify(name)}; there are: ${Object.keys(edges).join(", ")}`);
  process.exit(2);
}
const isFile = existsSync(given);
const { inputs, refused, paths, faults } = isFile
  ? await fuzz({ ...edge, take: alone(readFileSync(given)) }, { inputs: 1 })
  : await fuzz(edge, { seed: Number(seed), seconds: Number(given), coverage: true });
console.log(
  `${name.padEnd(20)} ${inputs} inputs, ${refused} refused, ${paths} paths, ${faults.length} faults (seed ${seed})`,
);
const folder = join(import.meta.dirname, "../../var/fuzz");
for (const [index, { what, input, bytes }] of faults.entries()) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}-${seed}-${index}`);
  if (!isFile) writeFileSync(file, bytes);
  console.log(`  input ${input}: ${what}\n    ${isFile ? "the same again" : `kept as ${file}`}`);
}
process.exit(faults.length === 0 ? 0 : 1);

function alone(input: Buffer): (other: Buffer) => unknown {
  const { take } = edges[name] as NonNullable<typeof edge>;
  return () => take(input);
}
