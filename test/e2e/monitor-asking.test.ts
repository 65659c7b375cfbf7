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
    await page.waitForURL(/\/ask\?from=/);
    expect(page.url()).not.toContain("x1");
    const field = page.getByRole("textbox", { name: "A program" });
    await field.waitFor();
    expect(await field.inputValue()).toBe(code);
    await page.reload();
    await expect.poll(() => field.inputValue()).toBe(code);
    expect(await page.getByLabel("Session").inputValue()).toBe("kept");
    await page.getByText("with data.csv").waitFor();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator(".ask .command").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain("x999 = 999\n");
    expect(copied).toMatch(/ -f run --session kept --put data\.csv$/);
    await page.getByRole("button", { name: "Run Ctrl" }).click();
    await page.getByText("a,b 999", { exact: true }).waitFor();
  });

  it("should lose nothing by a second question, a reload and another tab", async () => {
    await at("ask?flow=answer");
    const field = page.getByRole("textbox", { name: "A prompt" });
    for (const question of ["First?", "Second?"]) {
      await field.fill(question);
      await page.keyboard.press("Control+Enter");
      await page.locator(".answer-card", { hasText: question }).getByText("It is 42.").waitFor();
    }
    await field.fill("not sent yet");
    const check = async (tab: Page) => {
      await tab.locator(".answer-card", { hasText: "Second?" }).getByText("It is 42.").waitFor();
      expect(await tab.locator(".answer-card").allInnerTexts()).toEqual([
        expect.stringContaining("Second?"),
        expect.stringContaining("First?"),
      ]);
    };
    await page.reload();
    await check(page);
    expect(await field.inputValue()).toBe("not sent yet");
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await check(tab);
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
