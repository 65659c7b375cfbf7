import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  monitor = await Monitor.start({
    docker: true,
    more: "  guard: { use: approve }\n",
    flows: "  guarded: [careful, guard, box]\n  asking: { all: [box, box] }\n",
  });
  page = await monitor.open();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const at = (path: string) => page.goto(`${monitor.address}/monitor/${path}`);
const approval = () => page.getByRole("region", { name: "An approval is asked for" });

describe("a run that waits", () => {
  it("should say what for, since when and until when, in the list and on its page", async () => {
    const code = "input('your name? ')";
    const run = monitor.host.runs.open({ flow: "run", input: { code }, interactive: true, timeout: 90_000 });
    await at("runs?q=name");
    const row = page.locator("tbody tr").first();
    await row.getByText("waits for: your name?").waitFor();
    expect(await row.locator(".run-reason").allInnerTexts()).toEqual([
      expect.stringMatching(/waits for: your name\? .+ · until \d\d:\d\d:\d\d \(in .+\)$/),
    ]);
    await at(`runs/${run.run}`);
    await page
      .locator("form.answer")
      .getByText(/asked .+ · until \d\d:\d\d:\d\d/)
      .waitFor();
    run.cancel();
    await run.done;
  });

  it("should give each answer to the program that asked for it", async () => {
    const code = "print('got', input('which? '), flush=True)";
    const run = monitor.host.runs.open({ flow: "asking", input: { code }, interactive: true });
    await at(`runs/${run.run}`);
    const forms = page.locator("form.answer");
    await expect.poll(() => forms.count()).toBe(2);
    await forms.nth(1).getByRole("textbox").fill("second");
    await page.keyboard.press("Enter");
    await expect.poll(() => forms.count()).toBe(1);
    await forms.getByRole("textbox").fill("first");
    await page.keyboard.press("Enter");
    await run.done;
    const lanes = page.locator(".lane-box");
    await expect.poll(() => lanes.filter({ hasText: "got first" }).count()).toBe(1);
    await expect.poll(() => lanes.filter({ hasText: "got second" }).count()).toBe(1);
  });

  it("should run code as it was changed, and ask no more in its session where one says so", async () => {
    const open = () =>
      monitor.host.runs.open({ flow: "guarded", input: { text: "6 times 7?" }, session: "s", interactive: true });
    const first = open();
    await at(`runs/${first.run}`);
    await approval().getByRole("button", { name: "Change it first" }).click();
    await approval().getByRole("textbox", { name: "The code that runs" }).fill("print('changed', 6 * 7)");
    await approval().getByRole("checkbox", { name: "always for this session" }).check();
    await approval().getByRole("button", { name: "Approve as changed" }).click();
    await page.getByText("changed before it ran").waitFor();
    await page.getByText("changed 42", { exact: true }).waitFor();
    expect((await first.done).data.status).toBe("ok");
    const second = open();
    await second.done;
    await at(`runs/${second.run}`);
    await page.getByText("approved always for this session").waitFor();
  });

  it("should tell through the browser that an approval and a line of input are waited for", async () => {
    const context = await monitor.context();
    await context.grantPermissions(["notifications"], { origin: monitor.address });
    await context.addInitScript(() => {
      const told: string[] = [];
      Object.assign(window, { told });
      localStorage.setItem("sluice-notifications", "on");
      Object.defineProperty(document, "hidden", { get: () => true });
      class Recorded {
        static permission = "granted";
        constructor(title: string, { body, tag }: { body: string; tag: string }) {
          told.push(`${title}: ${body} ${tag}`);
        }
      }
      Object.assign(window, { Notification: Recorded });
    });
    const tab = await monitor.open("runs", { context });
    const told = () => tab.evaluate(() => (window as unknown as { told: string[] }).told.join());
    const open = (flow: string, input: { readonly text: string } | { readonly code: string }) =>
      monitor.host.runs.open({ flow, input, interactive: true });
    const [guarded, asking] = [open("guarded", { text: "6 times 7?" }), open("run", { code: "input('your name? ')" })];
    await expect.poll(told).toMatch(new RegExp(`A run waits for an approval: .+ ${guarded.run}`));
    await expect.poll(told).toContain(`A run waits for a line of input: your name? ${asking.run}`);
    for (const run of [guarded, asking]) run.cancel();
    await Promise.all([guarded.done, asking.done]);
    await context.close();
  });

  it("should be asked again with its own budget", async () => {
    const budget = { tokens: 5_000, usd: 0.5 };
    const first = monitor.host.runs.open({ flow: "answer", input: { text: "hi" }, budget, timeout: 60_000 });
    await first.done;
    await at(`runs/${first.run}`);
    await page.getByText("$0.50, 5,000 tokens, 1 min 0 s").waitFor();
    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByText("It may use $0.50, 5,000 tokens, 1 min 0 s.").waitFor();
    await page.locator(".composer textarea").press("Control+Enter");
    const starts = async () =>
      (await monitor.host.runs.list({ flow: "answer" })).filter(({ run }) => run !== first.run);
    await expect.poll(async () => (await starts()).length).toBe(1);
    const [again] = await starts();
    for await (const event of monitor.host.runs.get(again?.run ?? "")?.events() ?? []) {
      if (event.type !== "run-start") continue;
      expect(event.data.budget).toEqual({ ...budget, time: 60_000 });
      return;
    }
    throw new Error("it has no start");
  });

  it("should load the middle of long output piece by piece", async () => {
    const code = "for i in range(420_000): print('line', i)";
    const run = monitor.host.runs.open({ flow: "run", input: { code } });
    await run.done;
    await at(`runs/${run.run}?view=terminal`);
    const load = page.getByRole("button", { name: /^Load / });
    const left = page.locator(".note.warn span");
    const middle = page.getByRole("log", { name: /its middle/ });
    await load.waitFor();
    for (let turn = 0; turn < 10 && (await load.count()) > 0; turn += 1) {
      const before = await left.allInnerTexts();
      await load.click();
      await expect.poll(() => left.allInnerTexts()).not.toEqual(before);
    }
    await middle.waitFor();
    const end = page.getByRole("log", { name: /its end/ });
    await middle.evaluate((box) => {
      box.scrollTop = box.scrollHeight;
    });
    await end.evaluate((box) => {
      box.scrollTop = 0;
    });
    const numbers = async (log: typeof end) =>
      (await log.locator(".terminal-line").allInnerTexts()).flatMap((line) => line.match(/\d+/)?.map(Number) ?? []);
    const gap = async () => Math.min(...(await numbers(end))) - Math.max(...(await numbers(middle)));
    await expect.poll(gap).toBeLessThanOrEqual(1);
  });
});
