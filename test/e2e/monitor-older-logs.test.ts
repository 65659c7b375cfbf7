import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  monitor = await Monitor.start();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const rows = (text: string) => page.locator(".log-row", { hasText: text });

describe("the log of before", () => {
  it("should load what an earlier host said, and say where that host ended", async () => {
    const run = monitor.host.runs.open({ flow: "answer", input: { text: "said before the restart" } });
    await run.done;
    await monitor.restart(async () => {});
    page = await monitor.open("logs?q=type:run-start");
    await monitor.host.runs.open({ flow: "answer", input: { text: "said after it" } }).done;
    await rows("said after it").waitFor();
    expect(await rows("said before the restart").count()).toBe(0);
    await page.getByRole("button", { name: "Load older lines" }).click();
    await rows("said before the restart").waitFor();
    await page.getByText("Nothing older is kept.").waitFor();
    expect(await rows("said after it").count()).toBe(1);
    await rows("said before the restart").click();
    await page.getByRole("dialog").getByText(run.run).first().waitFor();
    await page.keyboard.press("Escape");
  });

  it("should count lines over time, and show those of the time that is drawn across", async () => {
    await page.goto(`${monitor.address}/monitor/logs?span=15m`);
    const bars = page.getByRole("img", { name: /[1-9]\d* lines between/ });
    await bars.waitFor();
    const box = await bars.boundingBox();
    if (box === null) throw new Error("no bars");
    await page.mouse.move(box.x + 2, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.4, box.y + 10);
    await page.mouse.up();
    await page.getByText("Nothing fits this search").waitFor();
    expect(page.url()).toMatch(/since=\d+.*until=\d+/);
    await page.getByRole("button", { name: "All times" }).click();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width, box.y + 10, { steps: 3 });
    await page.mouse.up();
    await rows("said before the restart").first().waitFor();
    await page.reload();
    await rows("said before the restart").first().waitFor();
    expect(await page.getByText("the host was started again").count()).toBe(1);
  });

  it("should keep runs of others from who may not see them", async () => {
    const other = await monitor.open("logs?q=type:run-start", { role: "read" });
    await other.getByRole("button", { name: "Load older lines" }).click();
    await other.getByText("Nothing older is kept.").waitFor();
    expect(await other.locator(".log-row", { hasText: "said before" }).count()).toBe(0);
    const answers = await other.evaluate(async () => {
      const ask = async (path: string) => (await fetch(`/monitor/api/${path}`)).status;
      return [
        await ask("logs"),
        await ask("logs?since=x"),
        await ask("logs?filter=[]"),
        await ask('logs?filter={"text":1}'),
      ];
    });
    expect(answers).toEqual([200, 400, 400, 400]);
    await other.close();
  });
});
