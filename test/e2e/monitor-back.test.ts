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

const at = (path: string) => page.goto(`${monitor.address}/monitor/${path}`);

/** Where the page is, without its base. */
const place = () => page.url().replace(`${monitor.address}/monitor/`, "");

/** Goes back until the page has left `path`, and tells the places in between. */
async function backFrom(path: string): Promise<string[]> {
  const places: string[] = [];
  while (place().startsWith(path) && places.length < 10) {
    await page.goBack();
    places.push(place());
  }
  return places;
}

describe("the way back", () => {
  it("should lead through the readings of a run that were looked at, and then out of it", async () => {
    const { run, done } = monitor.host.runs.open({ flow: "answer", input: { text: "a way back" } });
    await done;
    await at("runs");
    await page.getByRole("link", { name: "a way back" }).click();
    const tab = (name: string) => page.getByRole("tab", { name, exact: true });
    for (const name of ["Waterfall", "Raw", "Raw", "Transcript"]) {
      await tab(name).click();
      await expect.poll(() => tab(name).getAttribute("aria-selected")).toBe("true");
    }
    const own = `runs/${run}`;
    await page.goBack();
    await expect.poll(() => tab("Raw").getAttribute("aria-selected")).toBe("true");
    await page.goForward();
    expect(await backFrom(own)).toEqual([`${own}?view=raw`, `${own}?view=waterfall`, own, "runs"]);
  });

  it("should take the keyboard along to the reading that it leads to", async () => {
    const { run, done } = monitor.host.runs.open({ flow: "answer", input: { text: "by the arrows" } });
    await done;
    await at(`runs/${run}`);
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await page.getByRole("tab", { name: "Transcript" }).press("ArrowRight");
    await expect.poll(focused).toBe("Code");
    await page.goBack();
    await expect.poll(focused).toBe("Transcript");
  });

  it("should lead from one view of a flow or of the charts to the one before", async () => {
    await at("flow/rescue");
    await page.getByRole("button", { name: "Outline" }).click();
    await page.goBack();
    await expect.poll(place).toBe("flow/rescue");
    await at("charts");
    await page.getByRole("button", { name: "24h", exact: true }).click();
    await page.getByRole("button", { name: "Older" }).click();
    await expect.poll(place).toContain("back=1");
    expect(await backFrom("charts?")).toEqual(["charts?range=24h", "charts"]);
  });

  it("should not lead through each letter of a search", async () => {
    await at("runs");
    await page.getByRole("searchbox").pressSequentially("way back");
    await expect.poll(place).toBe("runs?q=way+back");
    await page.goBack();
    await expect.poll(place).not.toContain("runs");
  });
});

describe("the search of conversations", () => {
  it("should find words, and no ids that hold them", async () => {
    const ask = (session: string, text: string) =>
      monitor.host.runs.open({ flow: "answer", input: { text }, session }).done;
    await ask("chat-babe1234", "What is a lemon?");
    await ask("chat-00000000", "What is a babel fish?");
    await at("chat");
    const found = page.locator(".conversation b");
    await expect.poll(() => found.allInnerTexts()).toEqual(["What is a babel fish?", "What is a lemon?"]);
    const search = page.getByRole("searchbox", { name: "Search conversations" });
    await search.fill("babe");
    await expect.poll(() => found.allInnerTexts()).toEqual(["What is a babel fish?"]);
    await search.fill("chat-babe1234");
    await expect.poll(() => found.allInnerTexts()).toEqual(["What is a lemon?"]);
  });
});
