/**
 * Judges every screen, and what programs print and show, with every rule that axe has: in both languages, both themes
 * and three widths. `npm run axe:monitor`; it takes some minutes. Needs Chromium, and the page as `npm run build` makes it.
 */
import { Monitor } from "./monitor-kit.ts";
import { drawAll, everyView, faultsInViews, giveLooks, goTo, screensOf } from "./monitor-views.ts";
import { openShown, shownExamples } from "./shown-run.ts";

await using monitor = await Monitor.start();
const looked = await giveLooks(monitor);
const page = await monitor.open();
let all = 0;

async function judge(name: string): Promise<void> {
  const began = performance.now();
  const faults = await faultsInViews(page, everyView);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${name}: faults: ${faults.length}, views: ${everyView.length}, ${seconds} s`);
  for (const fault of faults) console.log(`  ${fault}`);
  all += faults.length;
}

for (const [path, text] of screensOf(looked)) {
  await goTo(page, path);
  await page.getByText(text).first().waitFor();
  await judge(path);
}
await openShown(monitor, page, shownExamples);
for (const reading of ["Transcript", "Code", "Terminal"]) {
  await page.getByRole("tab", { name: reading }).click();
  if (reading === "Transcript") await drawAll(page);
  await judge(`what programs show: ${reading}`);
}
console.log(`faults: ${all}`);
process.exitCode = all === 0 ? 0 : 1;
