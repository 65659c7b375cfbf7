import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOf } from "./monitor-axe.ts";
import { Monitor } from "./monitor-kit.ts";
import { drawAll, faultsInViews, giveLooks, goTo, type Looked, screensOf, someViews } from "./monitor-views.ts";
import { openShown, shownExamples } from "./shown-run.ts";

let monitor: Monitor;
let looked: Looked;

beforeAll(async () => {
  monitor = await Monitor.start();
  looked = await giveLooks(monitor);
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

describe("how the monitor looks", () => {
  let page: Page;
  const errors: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    page = await monitor.open();
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text().slice(0, 200)));
  });

  afterAll(() => page?.context().close());

  // In two halves: on a busy machine all of them take longer than a test may.
  it.each([
    ["the first", 0],
    ["the other", 1],
  ])(
    "should have no fault that axe finds on %s screens, in both themes, three widths and two languages",
    async (_which, half) => {
      const faults: string[] = [];
      for (const [path, text] of screensOf(looked).filter((_screen, index) => index % 2 === half)) {
        await goTo(page, path);
        await page.getByText(text).first().waitFor();
        for (const fault of await faultsInViews(page, someViews)) faults.push(`${path}: ${fault}`);
      }
      expect(faults).toEqual([]);
      expect([...errors, ...complaints]).toEqual([]);
    },
  );

  it("should have no fault with what programs print and show, in each reading", async () => {
    const faults: string[] = [];
    await openShown(monitor, page, shownExamples);
    for (const reading of ["Transcript", "Code", "Terminal"]) {
      await page.getByRole("tab", { name: reading }).click();
      if (reading === "Transcript") await drawAll(page);
      for (const fault of await faultsInViews(page, someViews)) faults.push(`${reading}: ${fault}`);
    }
    expect(faults).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("should have no fault with the palette, the keys and the apply dialog open", async () => {
    const page = await monitor.open("configuration?instance=quick");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search and commands" }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.locator("h1").click();
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "Keys" }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByLabel("delay", { exact: true }).fill("7ms");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Apply…" }).click();
    await page.getByRole("dialog").getByText("delay: 7ms").waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.context().close();
  });

  it("should greet who is not signed in with what to do", async () => {
    const context = await monitor.context();
    const page = await context.newPage();
    await page.goto(`${monitor.address}/monitor/logs`);
    await page.getByText("sluice monitor").waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.goto(`${monitor.address}/monitor/#token=used-up`);
    await page.getByText("this link has been used already").waitFor();
    await context.close();
  });

  it("should be used by keyboard alone, from screen to screen and into a run", async () => {
    const page = await monitor.open();
    for (const [key, title] of [
      ["a", "Chat"],
      ["r", "Runs"],
      ["l", "Logs"],
      ["f", "Flow"],
      ["s", "Sandboxes"],
      ["n", "Hosts"],
      ["m", "Models"],
      ["c", "Configuration"],
      ["e", "Events"],
      ["o", "Overview"],
    ] as const) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
    }
    await page.keyboard.press("Control+k");
    await page.getByRole("option", { name: new RegExp(looked.run) }).waitFor();
    await page.keyboard.type(looked.run);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Run", exact: true }).waitFor();
    await page.getByRole("tab", { name: "Transcript" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByText("No program was run").waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await page.keyboard.press("/");
    await page.keyboard.type("run-end", { delay: 5 });
    const rows = () => page.getByRole("log").locator(".log-row").allTextContents();
    await expect
      .poll(rows)
      .toSatisfy((all: string[]) => all.length > 0 && all.every((row) => row.includes("run ends")));
    const focused = () => page.evaluate(() => document.activeElement?.closest("button")?.textContent ?? "");
    await page.getByRole("log").focus();
    await page.keyboard.press("ArrowUp");
    expect(await focused()).toContain("run ends");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused()).toContain("run ends");
    await page.context().close();
  });

  it("should speak Chinese, and remember it", async () => {
    const english = await monitor.open();
    await english.getByRole("button", { name: "切换到中文" }).click();
    await english.getByRole("heading", { level: 1, name: "总览" }).waitFor();
    await english.reload();
    await english.getByRole("heading", { level: 1, name: "总览" }).waitFor();
    expect(await english.evaluate(() => document.documentElement.lang)).toBe("zh-CN");
    expect(await faultsOf(english)).toEqual([]);
    await english.goto(`${monitor.address}/monitor/chat/talk`);
    await english.getByRole("button", { name: "修改后重新提问" }).waitFor();
    await english.getByText("answer：由 quick 回答，不运行代码").waitFor();
    expect(await faultsOf(english)).toEqual([]);
    await english.context().close();
  });

  it("should tell a reader's role, and offer nothing that is refused", async () => {
    const page = await monitor.open("models", { role: "read" });
    await page.getByText("Read-only: this link may look, and change nothing.").waitFor();
    await page.getByText("quick-mini").waitFor();
    for (const button of await page.getByRole("button", { name: "Test", exact: true }).all())
      expect(await button.isDisabled()).toBe(true);
    await page.goto(`${monitor.address}/monitor/chat/talk`);
    await page.getByText("Nothing was asked here yet").waitFor();
    await page.getByText("None yet").waitFor();
    expect(await page.locator(".composer").count()).toBe(0);
    await page.context().close();
  });
});
