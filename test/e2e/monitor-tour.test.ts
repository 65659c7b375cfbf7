import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launch, Monitor } from "./monitor-kit.ts";

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  monitor = await Monitor.start({ docker: true });
  page = await monitor.open();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const goto = async (path: string) => {
  await page.goto(`${monitor.address}/monitor/${path}`);
  await page.getByText("live", { exact: true }).first().waitFor();
};

/** Starts something under Chat; resolves with the card of its answer. */
async function ask(flow: string, text: string) {
  await goto(`chat?flow=${flow}`);
  await page.locator("form textarea").fill(text);
  await page.keyboard.press("Control+Enter");
  return page.getByRole("region", { name: `Answer of ${flow}` });
}

async function latestRun(): Promise<string> {
  const [run] = await monitor.host.runs.list({ limit: 1 });
  return run?.run ?? "";
}

describe("the monitor with a real host and real containers", () => {
  it("should start a run, show it as it streams, and its second attempt", async () => {
    const card = await ask("chat", "What is 6 times 7? Write a program.");
    await card.getByText("I will compute it").waitFor();
    await card.getByText("NameError: name 'anser' is not defined").waitFor();
    await card.getByText("The answer is 42").first().waitFor();
    await card.getByText("ok", { exact: true }).first().waitFor();
    await card.getByRole("link", { name: "Open the run" }).click();
    await page.getByRole("tab", { name: "Code" }).click();
    await page.getByRole("heading", { name: "Attempt 2" }).waitFor();
    expect(await page.locator(".diff-added").allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringContaining("answer = 6 * 7")]),
    );
    expect(page.url()).toContain("view=code");
  });

  it("should show the picture that a program made, and its file", async () => {
    const card = await ask("chat", "Draw me a figure.");
    const picture = card.locator("img.picture").first();
    await picture.waitFor();
    await card.getByText("ok", { exact: true }).first().waitFor();
    await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(200);
    await goto(`runs/${await latestRun()}?view=files`);
    await page.getByText("waves.csv").waitFor();
  });

  it("should cancel a run from the list", async () => {
    await ask("chat", "Please wait for me.");
    await page.getByText("I am thinking about it.").waitFor();
    const run = await latestRun();
    await goto("runs");
    await page.getByRole("button", { name: `Cancel ${run}` }).click();
    await page
      .getByRole("row", { name: new RegExp(run) })
      .getByText("cancelled")
      .waitFor();
    expect((await monitor.host.runs.list({ run }))[0]?.status).toBe("cancelled");
  });

  it("should find a log line by a query, and open it again by its link", async () => {
    const run = await latestRun();
    await goto("logs");
    await page.getByRole("searchbox").fill(`run:${run} "run ends"`);
    await page.getByText("Nothing fits this search").waitFor();
    await page.getByRole("searchbox").fill(`run:${run} type:run-end`);
    const row = page.getByRole("log").getByRole("button", { name: /run ends: cancelled/ });
    await row.click();
    await page.getByRole("dialog").getByRole("link", { name: "Open the run" }).waitFor();
    const link = page.url();
    await page.goto("about:blank");
    await page.goto(link);
    await page.getByRole("dialog").getByText("run ends: cancelled").first().waitFor();
    expect(await page.getByRole("searchbox").inputValue()).toBe(`run:${run} type:run-end`);
  });

  it("should change a live option and one that restarts, and keep the comments of the YAML", async () => {
    await goto("configuration?instance=careful");
    await page.getByLabel("delay", { exact: true }).fill("3ms");
    await page.keyboard.press("Enter");
    const bar = page.getByRole("region", { name: "Changes" });
    await bar.getByText("careful", { exact: true }).waitFor();
    await bar.getByText("live", { exact: true }).waitFor();
    await page.getByRole("combobox", { name: "Instance" }).selectOption("box");
    await page.getByLabel("pool", { exact: true }).fill("2");
    await page.keyboard.press("Enter");
    await bar.getByText("restarts box").waitFor();
    await bar.getByRole("button", { name: "Apply…" }).click();
    await page.getByRole("dialog").getByText("pool: 2").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Apply", exact: true }).click();
    await page.getByText("Applied and written.").waitFor();
    const text = monitor.text;
    expect(text).toContain("delay: 3ms # between two pieces");
    expect(text).toContain("pool: 2 } # one waits ready");
    expect(text).toContain("# A profile with comments, which must outlive every change.");
    const details = monitor.host.operation.instances();
    expect(details.find(({ id }) => id === "careful")?.config["delay"]).toBe(3);
    expect(details.find(({ id }) => id === "box")?.config["pool"]).toBe(2);
    await bar.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Taken back.").waitFor();
    expect(monitor.text).toContain("pool: 1 } # one waits ready");
    expect(monitor.host.operation.instances().find(({ id }) => id === "box")?.config["pool"]).toBe(1);
  });

  it("should show a problem at its line and refuse to apply it", async () => {
    await goto("configuration?instance=box");
    await page.getByLabel("memory", { exact: true }).fill("lots");
    await page.keyboard.press("Enter");
    await page
      .getByRole("list", { name: "Problems" })
      .getByText(/memory/)
      .first()
      .waitFor();
    expect(await page.getByRole("button", { name: "Apply…" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByText("Nothing changed.").waitFor();
  });

  it("should say when the file was changed by somebody else, and write nothing over it", async () => {
    await goto("configuration?instance=quick");
    await page.getByLabel("delay", { exact: true }).fill("9ms");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Apply…" }).click();
    const { writeFileSync } = await import("node:fs");
    const other = `${monitor.text}# written by somebody else\n`;
    writeFileSync(monitor.profile, other);
    await page.getByRole("dialog").getByRole("button", { name: "Apply", exact: true }).click();
    await page.getByRole("heading", { name: "The file was changed meanwhile" }).waitFor();
    expect(monitor.text).toBe(other);
    await page.getByRole("button", { name: "Read it again" }).click();
  });

  it("should show a sandbox's memory rise to its limit, and its end in words", async () => {
    // The page is told once a second: the program takes many of those to reach its limit, whatever the machine.
    await ask(
      "run",
      "import time\nkept = []\nfor i in range(400):\n    kept.append(bytearray(b'x' * 2_000_000))\n    time.sleep(0.15)\n",
    );
    await goto("sandboxes");
    const meter = page.getByRole("article").getByRole("meter", { name: "Memory" });
    await meter.first().waitFor();
    const readings: number[] = [];
    await expect
      .poll(
        async () => {
          const value = Number(
            await meter
              .first()
              .getAttribute("aria-valuenow", { timeout: 500 })
              .catch(() => "0"),
          );
          if (value > 0) readings.push(value);
          return page.getByText(/used more memory than it may/).count();
        },
        { timeout: 60_000, interval: 300 },
      )
      .toBeGreaterThan(0);
    expect(Math.max(...readings)).toBeGreaterThan(60);
    expect(Math.max(...readings)).toBeGreaterThan(readings[0] ?? 100);
  });

  it("should show what a model and a program say as text, never as HTML", async () => {
    const card = await ask("chat", "Do something evil.");
    await card.getByText("<script>window.hacked = true</script>").first().waitFor();
    await card.getByText("<b>not bold</b>").first().waitFor();
    await card.getByText("ok", { exact: true }).first().waitFor();
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    const red = card.locator(".terminal span", { hasText: /^red$/ });
    expect(await red.first().evaluate((span) => (span as HTMLElement).style.color)).toBe("var(--ansi-red)");
    expect(await card.locator(".terminal").allTextContents()).not.toContainEqual(expect.stringContaining("[31m"));
  });

  it("should answer with several models side by side", async () => {
    await goto("chat?flow=answer");
    await page.getByRole("checkbox", { name: /rescue/ }).check();
    await page.locator("form textarea").fill("Are you sure?");
    await page.getByRole("button", { name: "Run", exact: false }).last().click();
    for (const flow of ["answer", "rescue"]) {
      await page
        .getByRole("region", { name: `Answer of ${flow}` })
        .getByText("It is 42.")
        .waitFor();
    }
    await page.getByText("What stands struck out above is void").waitFor();
  });

  it("should export a run that opens with the host stopped, as a file and as a page", async () => {
    const [run] = (await monitor.host.runs.list({ status: "ok", limit: 20 })).filter(({ input }) =>
      /6 times 7/.test(input),
    );
    await goto(`runs/${run?.run}`);
    const save = async (name: string, file: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      const path = join(monitor.folder, file);
      await download.saveAs(path);
      return path;
    };
    const bundle = await save("Export", "run.json");
    const alone = await save("Export as a page", "run.html");
    expect(JSON.parse(readFileSync(bundle, "utf8")).events[0].type).toBe("run-start");

    await monitor.host.close({ drain: 0 });
    await page.getByText(/reconnecting/).waitFor();
    await page.getByRole("link", { name: "Runs" }).click();
    await page.locator("input[type=file]").first().setInputFiles(bundle);
    await page.getByText("From a file, exported").waitFor();
    await page.getByText("The answer is 42").first().waitFor();

    const browser = await launch();
    const offline = await browser.newPage();
    await offline.context().setOffline(true);
    await offline.goto(pathToFileURL(alone).href);
    await offline.getByText("The answer is 42").first().waitFor();
    await offline.getByRole("tab", { name: "Terminal" }).click();
    await offline.getByText("NameError").first().waitFor();
    await browser.close();
  });
});
