/**
 * Takes the pictures in docs/images from a real run: `node test/e2e/monitor-screenshots.ts [FOLDER]`; with a folder,
 * every screen in both themes, three widths and two languages, to look at. What is wide and English also goes into
 * docs/monitor/pictures, as WebP.
 * Needs Docker, Chromium, and the page as `npm run build` makes it.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { Monitor } from "./monitor-kit.ts";

const everything = process.argv[2] !== undefined;
const folder = resolve(process.argv[2] ?? "docs/images");
/** Of what is not light and wide, these show enough. */
const few = new Set(["overview-dark", "run-dark", "overview-small", "run-small-dark"]);
mkdirSync(folder, { recursive: true });

const pictures = "docs/monitor/pictures";
if (everything) mkdirSync(pictures, { recursive: true });

const more = `  priced: { use: llm-scripted, with: { script: ["Forty-two."], repeat: true } }
  guard: { use: approve }
`;
const flows = "  guarded: [careful, guard, box]\n";
await using monitor = await Monitor.start({ docker: true, more, flows });
const { host } = monitor;

const run = async (flow: string, text: string) => {
  const handle = host.runs.open({ flow, input: flow === "run" ? { code: text } : { text } });
  await handle.done;
  return handle.run;
};

await run("run", "print('Hello, World!')");
const rescue = await run("rescue", "Are you sure?");
const failed = await run("run", "kept = []\nwhile True:\n    kept.append(bytearray(b'x' * 8_000_000))");
const race = await run("first", "Print rows, please.");
const figure = await run("chat", "Draw me a figure of three waves.");
const table = `import pandas as pd
pd.DataFrame({
    "city": ["東京", "ירושלים", "القاهرة", "São Paulo", "Reykjavík"],
    "people": [14_000_000, 980_000, 10_100_000, 12_300_000, 140_000],
    "founded": [1457, None, 969, 1554, 1786],
    "area": [2194.07, 125.16, 3085.1, 1521.11, None],
})`;
const frame = await run("run", table);
const chat = await run("chat", "What is 6 times 7? Write a program.");
const guarded = host.runs.open({
  flow: "guarded",
  input: { text: "6 times 7?" },
  session: "careful talk",
  interactive: true,
});
host.runs.open({ flow: "chat", input: { text: "Please wait for me." } });
// Something that keeps a sandbox busy while pictures are taken.
const busy =
  "import time\nkept = bytearray(b'x') * 90_000_000\nfor i in range(60_000):\n    sum(range(60_000)); time.sleep(0.02)\n    print('step', i)";
host.runs.open({ flow: "run", input: { code: busy }, session: "notebook", timeout: 600_000 });

type Shot = readonly [name: string, path: string, prepare?: (page: Page) => Promise<unknown>];

const ask = async (page: Page) => {
  await page.getByRole("checkbox", { name: /^both/ }).check();
  await page.locator("form textarea").fill("What is 6 times 7? Write a program.");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("region", { name: "Answer of chat" }).getByText("Nothing more is to be done").waitFor();
};

/** Something goes along the lines while they are looked at. */
const flowing = async (page: Page) => {
  void run("chat", "What is 6 times 7? Write a program.");
  await page.waitForTimeout(1_300);
};

const apply = async (page: Page) => {
  await page.getByLabel("pool", { exact: true }).fill("2");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Changes" }).getByText("restarts box").waitFor();
  await page.getByLabel("pool", { exact: true }).evaluate((field) => field.scrollIntoView({ block: "center" }));
};

const shots: readonly Shot[] = [
  ["overview", "overview", (page) => page.waitForTimeout(6_000)],
  ["chat", "chat?flow=chat", ask],
  ["runs", "runs"],
  ["run", `runs/${chat}`],
  ["run-code", `runs/${chat}?view=code`],
  ["run-files", `runs/${figure}?view=files`],
  ["run-rewind", `runs/${rescue}`],
  ["run-race", `runs/${race}`],
  ["run-failed", `runs/${failed}`],
  ["run-table", `runs/${frame}`, (page) => page.locator(".data-table").waitFor()],
  [
    "approval",
    `runs/${guarded.run}`,
    (page) => page.getByRole("region", { name: "An approval is asked for" }).waitFor(),
  ],
  [
    "chat-approval",
    "chat/careful%20talk",
    (page) => page.getByRole("region", { name: "An approval is asked for" }).waitFor(),
  ],
  ["run-waterfall", `runs/${chat}?view=waterfall`],
  ["run-compare", `runs/${chat}?view=compare&with=${figure}`],
  ["logs", "logs?q=level:>%3Dinfo"],
  ["log-entry", `logs?q=run:${chat}`, (page) => page.getByText("ended with exit code 1").click()],
  ["flow", "flow/chat", flowing],
  ["instance", "flow/chat?instance=box"],
  ["sandboxes", "sandboxes", (page) => page.getByRole("meter").first().waitFor()],
  ["models", "models"],
  ["configuration", "configuration?instance=box", apply],
  ["charts", "charts?range=15m", (page) => page.waitForTimeout(2_500)],
  ["hosts", "hosts"],
  ["events", "events", (page) => page.waitForTimeout(2_500)],
  ["palette", "runs", (page) => page.keyboard.press("Control+k")],
];

/** Sandboxes of other hosts of this machine are nobody's business here. */
async function aloneOn(context: BrowserContext): Promise<void> {
  await context.route("**/monitor/api/sandboxes", async (route) => {
    const [answer, own] = await Promise.all([
      route.fetch(),
      context.request.get(`${monitor.address}/monitor/api/session`),
    ]);
    const { host: name } = (await own.json()) as { host: string };
    const told = (await answer.json()) as { sandboxes: { owner?: string }[] };
    await route.fulfill({ json: { ...told, sandboxes: told.sandboxes.filter(({ owner }) => owner === name) } });
  });
}

const live = (page: Page) =>
  page
    .getByText(/^(live|实时)$/)
    .first()
    .waitFor();

for (const [suffix, options] of [
  ["", { width: 1280, theme: "light" }],
  ["-dark", { width: 1280, theme: "dark" }],
  ["-small", { width: 390, height: 800, theme: "light" }],
  ["-small-dark", { width: 390, height: 800, theme: "dark" }],
  ["-middle", { width: 768, height: 1024, theme: "light" }],
  ["-chinese", { width: 1280, theme: "light" }],
  ["-chinese-small-dark", { width: 390, height: 800, theme: "dark" }],
] as const) {
  if (!everything && ![...few].some((name) => name.endsWith(suffix))) continue;
  const isChinese = suffix.includes("chinese");
  const page = await monitor.open("overview", options);
  await aloneOn(page.context());
  if (isChinese) await page.evaluate(() => localStorage.setItem("sluice-language", "zh"));
  for (const [name, path, prepare] of shots) {
    if (!everything && suffix !== "" && !few.has(`${name}${suffix}`)) continue;
    await page.goto(`${monitor.address}/monitor/${path}`);
    await live(page);
    // What is pressed is found by its English name.
    if (isChinese) await page.waitForTimeout(1_500);
    else await prepare?.(page);
    await page.waitForTimeout(1_200);
    const picture = await page.screenshot({ path: join(folder, `${name}${suffix}.png`) });
    if (everything && (suffix === "" || suffix === "-dark"))
      writeFileSync(join(pictures, `${name}${suffix}.webp`), await webp(page, picture));
  }
  await page.context().close();
}
const context = await monitor.context({ theme: "light", width: 1280 });
const stranger = await context.newPage();
await stranger.goto(`${monitor.address}/monitor/`);
await stranger.getByText("sluice monitor").waitFor();
await stranger.screenshot({ path: join(folder, "sign-in.png") });

/** The browser compresses: no other program is needed. */
async function webp(page: Page, picture: Buffer): Promise<Buffer> {
  const blank = await page.context().newPage();
  const data = await blank.evaluate(async (source) => {
    const bytes = Uint8Array.from(atob(source), (each) => each.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.85 });
    let text = "";
    for (const each of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(each);
    return btoa(text);
  }, picture.toString("base64"));
  await blank.close();
  return Buffer.from(data, "base64");
}
