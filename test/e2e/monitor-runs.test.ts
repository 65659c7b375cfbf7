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

async function openRun(flow: string, input: { readonly text: string } | { readonly code: string }) {
  const handle = monitor.host.runs.open({ flow, input, interactive: true });
  await page.goto(`${monitor.address}/monitor/runs/${handle.run}`);
  return handle;
}

describe("a run in the browser", () => {
  it("should keep branches apart, whatever is rewound in one of them", async () => {
    const handle = await openRun("lanes", { text: "Print rows, please." });
    await handle.done;
    const lanes = page.locator(".lane-box");
    await expect.poll(() => lanes.count()).toBe(2);
    const [program, words] = [lanes.nth(0), lanes.nth(1)];
    await program.getByText("ended without an error").waitFor();
    await program.getByText("row 59", { exact: true }).waitFor();
    await words.getByText("What stands struck out above is void").waitFor();
    await words.getByText("It is 42.").waitFor();
    expect(await page.getByText("runs python").count()).toBe(0);
    expect(await words.locator(".terminal").count()).toBe(0);
  });

  it("should say why a run failed before anything else, and where its limit is set", async () => {
    await (await openRun("run", { code: "x = 1\n1 / 0" })).done;
    await page.getByRole("alert").getByText("ZeroDivisionError: division by zero, line 2").waitFor();
    await (await openRun("run", { code: "kept = []\nwhile True:\n    kept.append(bytearray(8_000_000))" })).done;
    const alert = page.getByRole("alert");
    await alert.getByText("used more memory than it may").waitFor();
    await alert.getByRole("link", { name: "memory of box sets this limit" }).click();
    await page.getByLabel("memory", { exact: true }).waitFor();
  });

  it("should show the end of long output, and its error at the top", async () => {
    const code = "for i in range(400_000):\n    print('line', i)\nraise ValueError('at last')";
    await (await openRun("run", { code })).done;
    // Two streams have no common order: the error may be drawn before the last lines.
    await page.getByText("line 399999", { exact: true }).waitFor();
    await page.getByRole("alert").getByText("ValueError: at last, line 3").waitFor();
    await page.getByText("between the beginning and the end are not shown").waitFor();
  });

  it("should give input() exactly what was typed", async () => {
    const handle = await openRun("run", { code: "print(repr(input('name? ')))" });
    await page.getByLabel("name?").fill("  Ada ");
    await page.getByRole("button", { name: "Send" }).click();
    await handle.done;
    await page.getByText("'  Ada '", { exact: true }).first().waitFor();
  });
});
