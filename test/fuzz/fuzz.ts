/** `npm run fuzz -- EDGE SECONDS [SEED]`; the edge `all` takes them in turn, with so many seconds for each. */
import { edges } from "./edges.ts";
import { fuzz } from "./run.ts";

const [name = "all", seconds = "10", seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
const names = name === "all" ? Object.keys(edges) : [name];
let total = 0;
let faults = 0;
for (const each of names) {
  const edge = edges[each];
  if (edge === undefined) {
    console.error(`there is no edge ${each}; there are: all, ${Object.keys(edges).join(", ")}`);
    process.exit(2);
  }
  const found = await fuzz(edge, { seed: Number(seed), seconds: Number(seconds) });
  total += found.inputs;
  faults += found.faults.length;
  console.log(
    `${each}: ${found.inputs} inputs, ${found.refused} refused, ${found.faults.length} faults (seed ${seed})`,
  );
  for (const fault of found.faults)
    console.log(`  input ${fault.input}: ${fault.what}\n    ${JSON.stringify(fault.bytes)}`);
}
console.log(`${total} inputs over ${names.length} edges, ${faults} faults, and this process is alive`);
process.exit(faults === 0 ? 0 : 1);
