import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  const more = `  priced:
    use: llm-scripted
    with: { model: priced-1, script: ["Forty-two."], repeat: true, price: { input: 1000, output: 500000 } }
`;
  monitor = await Monitor.start({ docker: true, more });
  page = await monitor.open();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const at = (path: string) => page.goto(`${monitor.address}/monitor/${path}`);
const run = (flow: string, input: { readonly text: string } | { readonly code: string }, interactive = false) =>
  monitor.host.runs.open({ flow, input, interactive });

function say(message: string): void {
  const data = { level: "warn" as const, message };
  monitor.host.feed.push({ type: "log", time: new Date().toISOString(), source: "quick", data });
}

describe("what the page says", () => {
  it("should show a value that a program updates once, in its place", async () => {
    const code = `from IPython.display import display
import sys
bar = display({"text/plain": "0 percent"}, raw=True, display_id="bar")
display({"text/plain": "beside it"}, raw=True)
for done in (30, 60, 100):
    bar.update({"text/plain": f"{done} percent"}, raw=True)`;
    const handle = monitor.host.runs.open({ flow: "run", input: { code }, session: "shown" });
    await handle.done;
    await at(`runs/${handle.run}`);
    await page.getByText("100 percent", { exact: true }).waitFor();
    const values = await page.locator(".execution > pre.block").allInnerTexts();
    expect(values).toEqual(["100 percent", "beside it"]);
  });

  it("should mark the winner of a race, and say that the loser's program was cut off", async () => {
    const handle = run("first", { text: "Print rows, please." });
    await handle.done;
    await at(`runs/${handle.run}`);
    const lanes = page.locator(".lane-box");
    await expect.poll(() => lanes.count()).toBe(2);
    await page.locator(".lane-box.won").getByText("It is 42.").waitFor();
    expect(await page.locator(".lane-box.won").count()).toBe(1);
    expect(await page.getByText("runs python").count()).toBe(0);
    const loser = page.locator(".lane-box:not(.won)");
    await loser.locator("summary").first().click();
    expect(await loser.locator(".lane-body").isVisible()).toBe(false);
  });

  it("should give all of long output as a file", async () => {
    const handle = run("run", { code: "for i in range(300_000):\n    print('line', i)" });
    await handle.done;
    await at(`runs/${handle.run}`);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download all of it" }).click(),
    ]);
    const lines = readFileSync(await download.path(), "utf8")
      .trimEnd()
      .split("\n");
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([300_000, "line 0", "line 299999"]);
  });

  it("should count what answers cost, which failed, and ask a model when it is tested", async () => {
    await run("costly", { text: "hi" }).done;
    await run("rescue", { text: "hi" }).done;
    await at("models");
    const card = (id: string) => page.getByRole("article", { name: id });
    await card("priced")
      .getByText("$1.", { exact: false })
      .or(card("priced").getByText(/\$\d+\.\d\d/))
      .waitFor();
    await card("broken")
      .getByText(/Errors: .*1/)
      .waitFor();
    await card("quick").getByRole("button", { name: "Test", exact: true }).click();
    await card("quick")
      .getByText(/answered in .*: It is 42/)
      .waitFor();
    await card("broken").getByRole("button", { name: "Test", exact: true }).click();
    await card("broken").getByRole("status").getByText("overloaded for now").waitFor();
  });

  it("should ask before state is lost", async () => {
    await monitor.host.runs.open({ flow: "run", input: { code: "x = 1" }, session: "precious" }).done;
    await at("sandboxes");
    const card = page.locator("article", { hasText: "precious" });
    await card.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("dialog").getByText("what runs in it is lost").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Not yet" }).click();
    expect(monitor.host.sessions.list().some(({ session }) => session === "precious")).toBe(true);
    await card.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
    await expect.poll(() => card.count()).toBe(0);
    await at("overview?instance=box");
    await page.getByRole("dialog", { name: "box" }).getByRole("button", { name: "Restart" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Not yet" }).click();
    expect(monitor.host.operation.instances().find(({ id }) => id === "box")?.status).toBe("ok");
  });

  it("should say which files are gone, and offer no link to them", async () => {
    const handle = run("run", { code: "open('left.txt', 'w').write('x')" });
    await handle.done;
    await at(`runs/${handle.run}?view=files`);
    await page.getByRole("rowheader", { name: "left.txt" }).waitFor();
    await page.getByText("gone with its sandbox").waitFor();
    expect(await page.getByRole("link", { name: "left.txt" }).count()).toBe(0);
  });

  it("should keep a change that is not applied over a reload, and a form over YAML that cannot be read", async () => {
    await at("configuration?instance=box");
    const field = page.getByLabel("memory", { exact: true });
    await expect.poll(() => field.inputValue()).toBe("256m");
    const editor = page.locator(".cm-content");
    await editor.click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.type("# kept\n[broken: {\n");
    await page.getByText(/\d+ problems/).waitFor();
    expect(await field.inputValue()).toBe("256m");
    await page.reload();
    await editor.getByText("# kept").waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    await expect.poll(() => editor.getByText("# kept").count()).toBe(0);
  });

  it("should name its tabs, its flows in the palette, and fold a line that is said again and again", async () => {
    const handle = run("answer", { text: "hi" });
    await at(`runs/${handle.run}`);
    await expect.poll(() => page.title()).toBe(`${handle.run} · Run · Sluicebox`);
    await page.getByRole("tab", { name: "Raw" }).click();
    expect((await page.getByRole("log").boundingBox())?.height).toBeGreaterThan(300);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search and commands" }).fill("rescue ask");
    await page.keyboard.press("Enter");
    await page.waitForURL(/chat\?flow=rescue/);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
    await at("logs?q=dripping");
    await page.getByText("live", { exact: true }).first().waitFor();
    for (let time = 0; time < 500; time += 1) say("dripping");
    await page.getByText("500 times").waitFor();
    expect(await page.locator(".log-row").count()).toBe(1);
  });

  it("should let nothing look alive while the host is away, and keep what was logged before", async () => {
    await at("logs?q=source:quick");
    await page.getByText("live", { exact: true }).first().waitFor();
    say("said before");
    await page.getByText("said before", { exact: true }).waitFor();
    const other = await page.context().newPage();
    const handle = run("run", { code: "input()" }, true);
    await other.goto(`${monitor.address}/monitor/runs/${handle.run}`);
    await other.getByText("waiting", { exact: true }).first().waitFor();
    await monitor.restart(async () => {
      await other.getByText(/The host does not answer/).waitFor();
      expect(await other.locator(".turning, .beating").count()).toBe(0);
      await page.getByText(/The host does not answer/).waitFor();
      await page.getByText("said before", { exact: true }).waitFor();
    });
    await page.getByText(/the host was started again at/).waitFor();
    say("said after");
    await page.getByText("said after").waitFor();
    expect(await page.getByText("said before", { exact: true }).count()).toBe(1);
    await other.close();
  });
});
