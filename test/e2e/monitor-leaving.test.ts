import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOf } from "./monitor-axe.ts";
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
const ask = async (flow: string, text: string) => {
  const handle = monitor.host.runs.open({ flow, input: { text } });
  await handle.done;
  return handle.run;
};

describe("leaving the page", () => {
  it("should save a run as a notebook and as Markdown", async () => {
    const run = await ask("answer", "What is 6 times 7?");
    await at(`runs/${run}`);
    const saved = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      return [download.suggestedFilename(), readFileSync(await download.path(), "utf8")] as const;
    };
    const [name, notebook] = await saved("Notebook");
    expect(name).toBe(`${run}.ipynb`);
    expect(JSON.parse(notebook).cells.map(({ source }: { source: string[] }) => source.join(""))).toEqual([
      "## What is 6 times 7?",
      "It is 42. I did not run anything, but I am fairly sure.",
    ]);
    expect((await saved("Markdown"))[1]).toContain("It is 42.");
  });

  it("should tell of ends and failures through the browser while nobody looks, and only where that is wanted", async () => {
    const context = await monitor.context();
    await context.grantPermissions(["notifications"], { origin: monitor.address });
    await context.addInitScript(() => {
      const told: string[] = [];
      Object.assign(window, { told });
      Object.defineProperty(document, "hidden", { get: () => true });
      class Recorded {
        static permission = "granted";
        static requestPermission = async () => "granted";
        constructor(title: string, { tag }: { tag: string }) {
          told.push(`${title} ${tag}`);
        }
      }
      Object.assign(window, { Notification: Recorded });
    });
    const tab = await monitor.open("runs", { context });
    const told = () => tab.evaluate(() => (window as unknown as { told: string[] }).told);
    const quiet = await ask("answer", "quiet");
    await tab.getByText(quiet).first().waitFor();
    expect(await told()).toEqual([]);
    await tab.getByRole("button", { name: /^Tell me of ends/ }).click();
    const good = await ask("answer", "good");
    const bad = await monitor.host.runs.open({ flow: "answer", input: { text: "x" }, budget: { tokens: 1 } });
    await bad.done;
    await expect.poll(told).toEqual([`A run has ended ${good}`, `A run came to nothing: budget ${bad.run}`]);
    await tab.close();
  });

  it("should give a link that shows one run to anybody, and nothing else", async () => {
    const run = await ask("answer", "Look at this");
    const secret = await ask("answer", "Not at that");
    await at(`runs/${run}`);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Read-only link" }).click();
    await page.getByText("Copied. It is good until").waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const context = await monitor.context();
    const other = await context.newPage();
    await other.goto(link);
    await other.getByText("Look at this").first().waitFor();
    expect(await other.getByRole("button", { name: "Run again" }).count()).toBe(0);
    await other.reload();
    await other.getByText("It is 42.").first().waitFor();
    const status = (path: string) =>
      other.evaluate(
        async ([where = "", token = ""]) => (await fetch(where, { headers: { "x-sluice-share": token } })).status,
        [`${monitor.address}/monitor/api/${path}`, link.split("#share=")[1] ?? ""],
      );
    expect(await Promise.all(["shared", `runs/${secret}/bundle`, "instances", "session"].map(status))).toEqual([
      200, 401, 401, 401,
    ]);
    const third = await context.newPage();
    await third.goto(`${link.slice(0, -2)}xx`);
    await third.getByText("this link shows nothing any more").waitFor();
    const links = page.locator(".share-links");
    await links.getByText("Links that show a run: 1").click();
    await links.getByText(/good until .*\d\d:\d\d/).waitFor();
    await at("runs");
    await links.getByText("Links that show a run: 1").click();
    await links.getByRole("link", { name: run }).waitFor();
    await links.getByRole("button", { name: "End this link" }).click();
    await expect.poll(() => links.count()).toBe(0);
    await other.goto(link);
    await other.reload();
    await other.getByText("this link shows nothing any more").waitFor();
    await context.close();
  });

  it("should keep searches, as links that outlive a reload", async () => {
    await at("runs?q=flow%3Aanswer&status=ok");
    await page.getByRole("button", { name: "Keep this search" }).click();
    const kept = page.getByRole("group", { name: "Searches that are kept" });
    await kept.getByRole("link", { name: "flow:answer · ok" }).waitFor();
    await at("runs");
    await kept.getByRole("link").click();
    await expect.poll(() => page.url()).toContain("q=flow%3Aanswer&status=ok");
    expect(await faultsOf(page)).toEqual([]);
    await at("logs?q=level%3A%3E%3Dwarn");
    expect(await kept.getByRole("link").count()).toBe(0);
    await page.getByRole("button", { name: "Keep this search" }).click();
    await kept.getByRole("link", { name: "level:>=warn" }).waitFor();
    await kept.getByRole("button", { name: "Keep level:>=warn no longer" }).click();
    await expect.poll(() => kept.getByRole("link").count()).toBe(0);
  });
});
