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

describe("a long run that has ended", () => {
  it("should show its error and its end while its middle is still on the way, and then all of it", async () => {
    const code = "import sys\nfor i in range(120_000):\n    sys.stdout.write(f'line {i} ' + 'x' * 90 + '\\n')\n1 / 0";
    const { run, done } = monitor.host.runs.open({ flow: "run", input: { code } });
    await done;
    // The first events of the run come through; the rest waits until somebody lets go.
    const letGo = Promise.withResolvers<void>();
    const other = await page.context().newPage();
    other.setDefaultTimeout(60_000);
    await other.routeWebSocket(/./, (socket) => {
      const server = socket.connectToServer();
      let told = Promise.resolve();
      let seen = 0;
      socket.onMessage((message) => server.send(message));
      server.onMessage((message) => {
        if (String(message).includes("exec-stdout")) seen += 1;
        if (seen > 2) told = told.then(() => letGo.promise);
        told = told.then(() => socket.send(message));
      });
    });
    await other.goto(`${monitor.address}/monitor/runs/${run}`);
    await other.locator(".failure-words").getByText("ZeroDivisionError", { exact: false }).waitFor();
    await other.getByText("it is being read", { exact: false }).first().waitFor();
    await other.getByText("line 119999 ", { exact: false }).first().waitFor();
    letGo.resolve();
    await expect.poll(() => other.getByText("it is being read", { exact: false }).count()).toBe(0);
    await other.locator(".failure-words").getByText("ZeroDivisionError", { exact: false }).waitFor();
    await other.getByText("line 119999 ", { exact: false }).first().waitFor();
  });
});
