/**
 * What the page may cost, measured in Chromium beside a floor: `npm run budgets:monitor [SECONDS]`. The heap is watched
 * for ten minutes, or for so many seconds. Needs Docker, Chromium, and the page as `npm run build` makes it.
 */
import type { CDPSession, Page } from "playwright-core";
import type { HostEvent } from "../../core/contract/index.ts";
import { Monitor } from "../e2e/monitor-kit.ts";

const heapSeconds = Number(process.argv[2] ?? 600);
const lines = 100_000;
let over = 0;
await using monitor = await Monitor.start({ docker: true });

function tell(name: string, figure: string, limit: string, holds: boolean): void {
  over += holds ? 0 : 1;
  console.log(`${holds ? "holds" : "OVER "}  ${name}: ${figure} (${limit})`);
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function say(message: string): void {
  const data = { level: "info" as const, message };
  const event: HostEvent = { type: "log", time: new Date().toISOString(), source: "quick", data };
  monitor.host.feed.push(event);
}

/** So many lines a second, evenly, for so many seconds. */
async function flood(perSecond: number, seconds: number): Promise<void> {
  const start = performance.now();
  let said = 0;
  for (let now = 0; now < seconds * 1000; now = performance.now() - start) {
    for (; said < (now / 1000) * perSecond; said += 1) say(`line ${said} of a flood that no one can read`);
    await pause(5);
  }
}

/** Everything a browser without a cache is sent until the page is live, as it comes over the wire. */
async function coldLoad(): Promise<{ readonly bytes: number; readonly ms: number; readonly bare: number }> {
  const context = await monitor.context();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  let bytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await session.send("Network.enable");
  const link = await monitor.link();
  const bareFrom = performance.now();
  await page.goto(`${monitor.address}/healthz`);
  const bare = performance.now() - bareFrom;
  bytes = 0;
  const from = performance.now();
  await page.goto(link, { waitUntil: "commit" });
  await page.getByText("live", { exact: true }).first().waitFor();
  const ms = performance.now() - from;
  await page.waitForLoadState("networkidle");
  await context.close();
  return { bytes, ms, bare };
}

interface Frames {
  readonly perSecond: number;
  /** Milliseconds between two frames, the worst twentieth of them. */
  readonly slow: number;
}

/** Frames that the page draws while the work goes on. */
async function framesDuring(page: Page, work: () => Promise<unknown>): Promise<Frames> {
  await page.evaluate(() => {
    const frames: number[] = [];
    Object.assign(window, { frames });
    const next = (at: number): void => {
      frames.push(at);
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  await work();
  const frames = await page.evaluate(() => (window as unknown as { frames: number[] }).frames);
  const gaps = frames.slice(1).map((at, index) => at - (frames[index] ?? at));
  const seconds = ((frames.at(-1) ?? 0) - (frames[0] ?? 0)) / 1000;
  return {
    perSecond: gaps.length / seconds,
    slow: gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * 0.95)] ?? 0,
  };
}

/** An empty page of the same browser in which one thing moves, beside the same work of the host. */
async function floor(work: () => Promise<unknown>): Promise<Frames> {
  const context = await monitor.context();
  const page = await context.newPage();
  await page.setContent("<style>@keyframes m{to{margin-left:600px}}i{animation:m 1s infinite}</style><i>x</i>");
  const frames = await framesDuring(page, work);
  await context.close();
  return frames;
}

function tellFrames(name: string, frames: Frames, empty: Frames): void {
  const figures = `${frames.perSecond.toFixed(1)} frames a second, ${frames.slow.toFixed(0)} ms between the slowest twentieth`;
  const beside = `an empty page beside it: ${empty.perSecond.toFixed(1)}, ratio ${(frames.perSecond / empty.perSecond).toFixed(2)}`;
  tell(name, `${figures}; ${beside}`, "at least 50", frames.perSecond >= 50);
}

const printing = `import sys, time\nbegan = time.time()\nfor i in range(100):\n    sys.stdout.write(''.join(f'line {i * 1000 + j} of a flood that no one can read\\n' for j in range(1000)))\n    sys.stdout.flush()\n    time.sleep(max(0, began + (i + 1) / 10 - time.time()))`;

async function heapOf(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.collectGarbage");
  return (await session.send("Runtime.getHeapUsage")).usedSize;
}

const loads = [await coldLoad(), await coldLoad(), await coldLoad(), await coldLoad(), await coldLoad()];
const kilobytes = Math.max(...loads.map(({ bytes }) => bytes)) / 1000;
tell("cold load", `${kilobytes.toFixed(0)} KB`, "at most 450", kilobytes <= 450);
const live = median(loads.map(({ ms }) => ms));
const bare = median(loads.map(({ bare: each }) => each));
const beside = `a bare answer of the same host: ${bare.toFixed(0)} ms, ratio ${(live / bare).toFixed(1)}`;
tell("link to live", `${live.toFixed(0)} ms, median of ${loads.length}; ${beside}`, "at most 1000", live <= 1000);

const loud = () => flood(lines / 10, 10);
const emptyBesideLogs = await floor(loud);
const logs = await monitor.open("logs?q=source:quick");
tellFrames(`${lines} lines in 10 s under Logs`, await framesDuring(logs, loud), emptyBesideLogs);
await logs.context().close();

const print = () => {
  const handle = monitor.host.runs.open({ flow: "run", input: { code: printing } });
  return { run: handle.run, done: handle.done };
};
const emptyBesideRun = await floor(() => print().done);
const reader = await monitor.open("runs");
const printed = print();
await reader.goto(`${monitor.address}/monitor/runs/${printed.run}`);
tellFrames(`${lines} lines in 10 s of a program`, await framesDuring(reader, () => printed.done), emptyBesideRun);
await reader.context().close();

const watched = await monitor.open("logs");
const session = await watched.context().newCDPSession(watched);
await session.send("HeapProfiler.enable");
// Until the rows that the page keeps are full, it grows.
await flood(1_000, 15);
const before = await heapOf(session);
for (let from = performance.now(); performance.now() - from < heapSeconds * 1000; ) {
  await flood(100, Math.min(60, heapSeconds));
  console.log(`       heap: ${((await heapOf(session)) / 1e6).toFixed(2)} MB`);
}
const after = await heapOf(session);
const heap = `${(before / 1e6).toFixed(2)} MB before, ${(after / 1e6).toFixed(2)} MB after ${heapSeconds} s at 100 events a second`;
tell("heap", heap, "grows by less than a tenth", after < before * 1.1);
process.exitCode = over === 0 ? 0 : 1;
