import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  monitor = await Monitor.start({ docker: true });
  page = await monitor.open();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const at = (path: string) => page.goto(`${monitor.address}/monitor/${path}`);
const program = Array.from({ length: 1_000 }, (_, line) => `x${line} = ${line}`).join("\n");

describe("asking", () => {
  it("should run a long program again with its session and files, without its code in the address", async () => {
    const code = `${program}\nprint(open('data.csv').read(), x999)`;
    const files = [{ path: "data.csv", content: Buffer.from("a,b") }];
    const input = { code, files };
    const run = monitor.host.runs.open({ flow: "run", input, session: "kept" });
    await run.done;
    await at(`runs/${run.run}`);
    await page.getByRole("button", { name: "Run again" }).click();
    await page.waitForURL(/\/chat\/kept\?from=/);
    expect(page.url()).not.toContain("x1");
    const field = page.getByRole("textbox", { name: "A program" });
    await field.waitFor();
    expect(await field.inputValue()).toBe(code);
    await page.reload();
    await expect.poll(() => field.inputValue()).toBe(code);
    await page.locator(".composer").getByText("with data.csv").waitFor();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator(".composer .command").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain("x999 = 999\n");
    expect(copied).toMatch(/ -f run --session kept --put data\.csv$/);
    await page.getByRole("button", { name: "Run Ctrl" }).click();
    await page.locator(".chat-turn").nth(1).getByText("a,b 999", { exact: true }).waitFor();
  });

  it("should run a program alone again, and lose nothing by a reload and in another tab", async () => {
    const first = monitor.host.runs.open({ flow: "run", input: { code: "print('it is', 'alone')" } });
    await first.done;
    await at(`ask?from=${first.run}`);
    await page.waitForURL(/\/chat\?from=/);
    expect(await page.getByRole("checkbox", { name: "Alone" }).isChecked()).toBe(true);
    await page.getByRole("button", { name: "Run Ctrl" }).click();
    const card = (tab: Page) => tab.getByRole("region", { name: "Answer of run" }).getByText("it is alone");
    await card(page).waitFor();
    await page.reload();
    await card(page).waitFor();
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await card(tab).waitFor();
    await tab.close();
  });

  it("should find any run by what it printed, and say why one failed", async () => {
    await monitor.host.runs.open({ flow: "run", input: { code: "print('needle-' + 'in-hay')\n1 / 0" } }).done;
    const later = Array.from({ length: 110 }, () => monitor.host.runs.open({ flow: "answer", input: { text: "hi" } }));
    await Promise.all(later.map(({ done }) => done));
    await at("runs?q=needle-in-hay");
    const row = page.locator("tbody tr");
    await expect.poll(() => row.count()).toBe(1);
    await row.getByText("ZeroDivisionError: division by zero, line 2").waitFor();
    await page.getByRole("searchbox").fill("flow:run status:failed division");
    await expect.poll(() => row.count()).toBe(1);
    await page.getByRole("searchbox").fill("flow:run status:ok division");
    await page.getByText("No run fits").waitFor();
  });

  it("should say in the list what a run waits for", async () => {
    const run = monitor.host.runs.open({ flow: "run", input: { code: "input('your name? ')" }, interactive: true });
    await at("runs?q=name");
    await page.getByText("waits for: your name?").waitFor();
    run.cancel();
    await run.done;
    await expect.poll(() => page.getByText("waits for: your name?").count()).toBe(0);
  });
});
