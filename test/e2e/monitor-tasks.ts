/**
 * How long a person takes from the front screen of the page to what is wrong, to why, and to a run with something
 * changed: `npm run tasks:monitor`. Needs Docker, Chromium, and the page as `npm run build` makes it.
 */
import { FaultyHost, faults } from "./monitor-faults.ts";
import { Person, personsPace } from "./monitor-person.ts";

/** Seconds that each may take. */
const limits = { wrong: 5, why: 15, again: 30 } as const;
const questions = Object.keys(limits) as (keyof typeof limits)[];

await using host = await FaultyHost.start();
let over = 0;
console.log(`a look takes ${personsPace.look} ms, a click ${personsPace.click} ms, a key ${personsPace.key} ms`);
console.log("| | what is wrong (5 s) | why (15 s) | run it changed (30 s) |\n|---|---|---|---|");
for (const fault of faults) {
  const page = await host.open();
  const person = new Person(page, personsPace);
  const cells: string[] = [];
  for (const question of questions) {
    const began = performance.now();
    await fault[question](person, host.monitor.folder);
    const seconds = (performance.now() - began) / 1000;
    const isOver = seconds > limits[question];
    over += isOver ? 1 : 0;
    cells.push(`${seconds.toFixed(1)} s, steps: ${person.steps().length}${isOver ? ", OVER" : ""}`);
  }
  console.log(`| ${fault.name} | ${cells.join(" | ")} |`);
  await page.context().close();
}
process.exitCode = over === 0 ? 0 : 1;
