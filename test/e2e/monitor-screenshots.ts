/**
 * Takes the pictures in docs/images from a real run: `node test/e2e/monitor-screenshots.ts [FOLDER]`; with a folder,
 * every screen in both themes and two widths, to look at.
 * Needs Docker, Chromium, and the page as `npm run build` makes it.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { Monitor } from "./monitor-kit.ts";

const everything = process.argv[2] !== undefined;
const folder = resolve(process.argv[2] ?? "docs/images");
/** Of what is not light and wide, these show enough. */
const few = new Set(["overview-dark", "run-dark", "overview-small", "run-small-dark"]);
mkdirSync(folder, { recursive: true });

await using monitor = await Monitor.start({ docker: true });
const { host } = monitor;

const run = async (flow: string, text: string) => {
  const handle = host.runs.open({ flow, input: flow === "run" ? { code: text } : { text } });
  await handle.done;
  return handle.run;
};

await run("run", "print('Hello, World!')");
const rescue = await run("rescue", "Are you sure?");
await run("run", "kept = []\nwhile True:\n    kept.append(bytearray(b'x' * 8_000_000))");
const figure = await run("chat", "Draw me a figure of three waves.");
const chat = await run("chat", "What is 6 times 7? Write a program.");
host.runs.open({ flow: "chat", input: { text: "Please wait for me." } });
// Something that keeps a sandbox busy while pictures are taken.
const busy =
  "import time\nkept = bytearray(b'x' * 90_000_000)\nfor i in range(3000):\n    sum(range(60_000)); time.sleep(0.02)\n    print('step', i)";
host.runs.open({ flow: "run", input: { code: busy }, session: "notebook", timeout: 600_000 });

type Shot = readonly [name: string, path: string, prepare?: (page: Page) => Promise<unknown>];

const ask = async (page: Page) => {
  await page.getByRole("checkbox", { name: /^both/ }).check();
  await page.locator("form textarea").fill("What is 6 times 7? Write a program.");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("region", { name: "Answer of chat" }).getByText("Nothing more is to be done").waitFor();
};

const apply = async (page: Page) => {
  await page.getByLabel("pool", { exact: true }).fill("2");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Changes" }).getByText("restarts box").waitFor();
};

const shots: readonly Shot[] = [
  ["overview", "overview", (page) => page.waitForTimeout(6_000)],
  ["chat", "chat?flow=chat", ask],
  ["runs", "runs"],
  ["run", `runs/${chat}`],
  ["run-code", `runs/${chat}?view=code`],
  ["run-files", `runs/${figure}?view=files`],
  ["run-rewind", `runs/${rescue}`],
  ["logs", "logs"],
  ["log-entry", `logs?q=run:${chat}`, (page) => page.getByText("ended with exit code 1").click()],
  ["flow", "flow/chat", (page) => page.waitForTimeout(2_500)],
  ["instance", "flow/chat?instance=box"],
  ["sandboxes", "sandboxes", (page) => page.getByRole("meter").first().waitFor()],
  ["models", "models"],
  ["configuration", "configuration?instance=box", apply],
  ["events", "events", (page) => page.waitForTimeout(2_500)],
  ["palette", "runs", (page) => page.keyboard.press("Control+k")],
];

for (const [suffix, options] of [
  ["", { width: 1280, theme: "light" }],
  ["-dark", { width: 1280, theme: "dark" }],
  ["-small", { width: 390, height: 800, theme: "light" }],
  ["-small-dark", { width: 390, height: 800, theme: "dark" }],
] as const) {
  const page = await monitor.open("overview", options);
  for (const [name, path, prepare] of shots) {
    if (!everything && suffix !== "" && !few.has(`${name}${suffix}`)) continue;
    await page.goto(`${monitor.address}/monitor/${path}`);
    await page.getByText("live", { exact: true }).first().waitFor();
    await prepare?.(page);
    await page.waitForTimeout(1_200);
    await page.screenshot({ path: join(folder, `${name}${suffix}.png`) });
  }
  await page.context().close();
}
const context = await monitor.context({ theme: "light", width: 1280 });
const stranger = await context.newPage();
await stranger.goto(`${monitor.address}/monitor/`);
await stranger.getByText("sluice monitor").waitFor();
await stranger.screenshot({ path: join(folder, "sign-in.png") });
