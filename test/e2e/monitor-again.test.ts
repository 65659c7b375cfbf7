import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  monitor = await Monitor.start({ docker: true, more: "  store: { use: store-sqlite }\n" });
  page = await monitor.open();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const at = async (path: string) => {
  await page.goto(`${monitor.address}/monitor/${path}`);
  await page.getByText("live", { exact: true }).first().waitFor();
};

describe("a run that is asked again", () => {
  it("should keep the arguments and the name of its program, and say what it cannot keep", async () => {
    const code = "import sys, os\nprint(sys.argv[1:], 'TOKEN' in os.environ)";
    const input = { code, language: "python", file: "tool.py", args: ["a b", "--flag", "ü"], env: { TOKEN: "secret" } };
    const { run, done } = monitor.host.runs.open({ flow: "run", input });
    await done;
    await at(`runs/${run}`);
    await page.getByText("['a b', '--flag', 'ü'] True").waitFor();
    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByText("with the arguments 'a b' --flag 'ü'", { exact: false }).waitFor();
    await page.getByText("without the variables TOKEN", { exact: false }).waitFor();
    await page
      .locator(".composer code")
      .getByText("--env TOKEN -- 'a b' --flag 'ü'", { exact: false })
      .first()
      .waitFor();
    await page.locator(".composer textarea").press("Control+Enter");
    await page.locator(".answer-card").getByText("['a b', '--flag', 'ü'] False").waitFor();
  });

  it("should be found by words that stand beside each other, and say what a search does not understand", async () => {
    for (const code of ["print('two words')", "print('two other words')"])
      await monitor.host.runs.open({ flow: "run", input: { code } }).done;
    const field = page.getByRole("searchbox", { name: "Search the runs" });
    const rows = page.locator("table.runs tbody tr");
    await at("runs");
    await field.fill("two words");
    await expect.poll(() => rows.count()).toBe(2);
    await field.fill('"two words" Status:OK');
    await expect.poll(() => rows.count()).toBe(1);
    await field.fill('"two words" cost:<1');
    await page.getByText("not understood: cost:<1").waitFor();
  });
});
