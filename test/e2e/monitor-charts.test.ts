import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  monitor = await Monitor.start();
  page = await monitor.open();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const chart = (name: string) => page.getByRole("region", { name });

describe("the charts", () => {
  it("should count what ran, and keep it over a restart", async () => {
    const ask = async (flow: string) => monitor.host.runs.open({ flow, input: { text: "hi" } }).done;
    for (const flow of ["answer", "answer", "rescue"]) await ask(flow);
    await page.goto(`${monitor.address}/monitor/charts`);
    const words = chart("Runs that ended").locator("figcaption");
    await words.getByText("all: 3 in all").waitFor();
    await words.getByText("failed: 0 in all").waitFor();
    expect(await chart("Errors").locator("figcaption").textContent()).toMatch(/errors: [1-9]/);
    expect(await chart("Memory of the host").locator("figcaption").textContent()).toMatch(/MB at the end/);
    expect(await chart("First token, median").locator("canvas").count()).toBe(1);
    const drawn = await chart("Runs that ended")
      .locator("canvas")
      .evaluate((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const image = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data;
        return image?.some((value) => value > 0);
      });
    expect(drawn).toBe(true);
    await ask("answer");
    await monitor.restart(async () => {});
    page = await monitor.open("charts");
    await chart("Runs that ended").getByText("all: 4 in all").waitFor();
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText("Nothing was measured in this time").waitFor();
    expect(page.url()).toContain("back=1");
    await page.getByRole("button", { name: "Newer" }).click();
    await page.getByRole("button", { name: "24h" }).click();
    await chart("Runs that ended").getByText("all: 4 in all").waitFor();
  });
});
