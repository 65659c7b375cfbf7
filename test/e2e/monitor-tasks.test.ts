import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

/** A provider that does not take the key any more. */
const provider = createServer((_request, response) => {
  response.writeHead(401, { "content-type": "application/json" });
  response.end(
    '{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}',
  );
});
let monitor: Monitor;
let page: Page;
/** Seconds that each task took, for whoever reads the output. */
const took: Record<string, number[]> = {};

beforeAll(async () => {
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  const { port } = provider.address() as AddressInfo;
  const more = `  keyed: { use: llm-openai, with: { model: gpt-9, apiKey: sk-taken-back, baseURL: "http://127.0.0.1:${port}/v1" } }
  priced: { use: llm-scripted, with: { script: ["Forty-two."], repeat: true } }
  diary: { use: log-file, with: { path: /proc/nowhere/diary.log } }
`;
  monitor = await Monitor.start({ docker: true, more, flows: "  paid: keyed\n" });
  page = await monitor.open();
});

afterAll(async () => {
  const rows = Object.entries(took).map(([name, all]) => `${name}: ${all.map((each) => each.toFixed(1)).join(", ")} s`);
  console.log(["what is wrong, why, and once more", ...rows].join("\n"));
  await monitor?.[Symbol.asyncDispose]();
  provider.close();
});

async function task(fault: string, act: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await act();
  took[fault] ??= [];
  took[fault].push((performance.now() - began) / 1000);
}

async function statusOf(instance: string): Promise<string | undefined> {
  return (await firstValueFrom(monitor.host.status$)).find(({ id }) => id === instance)?.status;
}

const menu = (name: string) =>
  page
    .getByRole("navigation")
    .getByRole("link", { name: new RegExp(`^${name}`) })
    .click();
/** What is wrong: the list of runs says it, beside the run. */
const wrong = (fault: string, text: RegExp) =>
  task(fault, async () => {
    await menu("Runs");
    await page.getByRole("row").filter({ hasText: text }).first().waitFor();
  });
/** Why: the head of the run's page has the cause and the cure. */
const why = (fault: string, row: RegExp, cause: RegExp) =>
  task(fault, async () => {
    await page.getByRole("row").filter({ hasText: row }).first().getByRole("link").first().click();
    await page.getByText(cause).first().waitFor();
  });
/** Once more, with something changed by hand. */
const again = (fault: string, change: () => Promise<unknown>, outcome: string) =>
  task(fault, async () => {
    await page
      .getByRole("link", { name: "Run again" })
      .or(page.getByRole("button", { name: "Run again" }))
      .first()
      .click();
    await page.locator(".composer textarea").waitFor();
    await change();
    await page.locator(".composer textarea").press("Control+Enter");
    await page.locator("main").getByText(outcome, { exact: false }).first().waitFor();
  });

const run = async (flow: string, input: { readonly text: string } | { readonly code: string }) => {
  await monitor.host.runs.open({ flow, input }).done;
};
const write = (text: string) => page.locator(".composer textarea").fill(text);

describe("a person who looks for a fault", () => {
  it("should find a syntax error, its line, and run the program mended", async () => {
    await run("run", { code: "values = [1, 2\nprint(values)" });
    await wrong("syntax error", /SyntaxError/);
    await why("syntax error", /SyntaxError/, /'\[' was never closed.*line 1/);
    await again("syntax error", () => write("values = [1, 2]\nprint(sum(values) * 100)"), "300");
  });

  it("should find that memory ran out, where the limit is set, and run a smaller program", async () => {
    await run("run", { code: "data = bytearray(10**9)\nprint(len(data))" });
    await wrong("out of memory", /more memory/);
    await why("out of memory", /more memory/, /more memory than the sandbox has/);
    await page
      .getByRole("link", { name: /memory|limit|Configuration/ })
      .first()
      .waitFor();
    await again("out of memory", () => write("data = bytearray(10**6)\nprint(len(data))"), "1000000");
  });

  it("should find that a key is not taken, and ask another model", async () => {
    await run("paid", { text: "hello" });
    await wrong("lost key", /keyed/);
    await why("lost key", /keyed/, /Incorrect API key|key/);
    const other = async () => {
      await page.getByRole("checkbox", { name: /^paid/ }).uncheck();
      await page.getByRole("checkbox", { name: /^answer/ }).check();
    };
    await again("lost key", other, "It is 42.");
  });

  it("should find who lost a race, and what of it was cut off", async () => {
    await run("first", { text: "Print rows, please." });
    await task("loser of a race", async () => {
      await menu("Runs");
      await page.getByRole("row").filter({ hasText: "Print rows" }).first().getByRole("link").first().click();
      await page.locator(".lane-box.won").getByText("It is 42.").waitFor();
    });
    await task("loser of a race", async () => {
      const loser = page.locator(".lane-box:not(.won)");
      await loser
        .getByText(/lost|cut off|cancelled/)
        .first()
        .waitFor();
    });
    await again("loser of a race", () => write("Print rows again, please."), "It is 42.");
  });

  it("should find a sink that failed, why, and where it is set", async () => {
    await task("failed sink", async () => {
      await menu("Overview");
      await page.getByRole("region", { name: "Needs you" }).getByText("diary").waitFor();
    });
    await task("failed sink", async () => {
      await page
        .getByRole("region", { name: "Needs you" })
        .getByText(/nowhere/)
        .first()
        .waitFor();
    });
    await task("failed sink", async () => {
      const row = page.getByRole("region", { name: "Needs you" }).getByRole("listitem").filter({ hasText: "diary" });
      await row.getByRole("link", { name: "Configuration" }).click();
      await page.getByLabel("path", { exact: true }).fill(`${monitor.folder}/diary.log`);
      await page.getByLabel("path", { exact: true }).press("Tab");
      await page.getByRole("button", { name: "Apply…" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Apply", exact: true }).click();
      await expect.poll(() => statusOf("diary")).toBe("ok");
    });
  });
});
