import type { WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostEvent } from "../../core/contract/index.ts";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;

beforeAll(async () => {
  monitor = await Monitor.start();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

function say(message: string, fields?: Record<string, unknown>): void {
  const data = { level: "info" as const, message, ...(fields === undefined ? {} : { fields }) };
  const event: HostEvent = { type: "log", time: new Date().toISOString(), source: "quick", data };
  monitor.host.feed.push(event);
}

/** Ten thousand log lines a second, for so many seconds. Resolves with how many there were. */
async function flood(seconds: number): Promise<number> {
  let said = 0;
  const start = performance.now();
  for (let now = 0; now < seconds * 1000; now = performance.now() - start) {
    while (said < (now / 1000) * 10_000) {
      said += 1;
      say(`line ${said} of a flood that no one can read`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return said;
}

const seconds = Number(process.env["SLUICE_FLOOD_SECONDS"] ?? 20);

describe("the monitor under load", () => {
  it("should stay usable while ten thousand events a second come", {
    timeout: 240_000,
  }, async () => {
    const page = await monitor.open("logs?q=source:quick");
    const session = await page.context().newCDPSession(page);
    await session.send("HeapProfiler.enable");
    const heap = async () => {
      await session.send("HeapProfiler.collectGarbage");
      return (await session.send("Runtime.getHeapUsage")).usedSize;
    };
    say("before the flood");
    await page.getByText("before the flood").waitFor();
    const from = monitor.host.feed.last;
    await flood(2);
    const warm = { page: await heap(), host: process.memoryUsage.rss() };
    const flooding = flood(seconds);
    // The page answers while it lasts: it scrolls, filters, and goes to another screen and back.
    await page.getByRole("log").hover();
    await page.mouse.wheel(0, -2_000);
    await page.getByRole("button", { name: /new$/ }).waitFor();
    await page.keyboard.press("f");
    await page.keyboard.press("g");
    await page.keyboard.press("m");
    await page.getByText("quick-mini").waitFor();
    await page.goBack();
    // A fast machine leaves none out: that each is shown or told is the next test's.
    await page
      .getByText(/entries left out|of a flood/)
      .first()
      .waitFor();
    const said = await flooding;
    say("after the flood");
    await page.getByText("after the flood").waitFor();
    expect(await page.locator(".log-row, .log-gap").count()).toBeLessThan(120);
    expect((await heap()) - warm.page).toBeLessThan(40 * 1024 * 1024);
    expect(process.memoryUsage.rss() - warm.host).toBeLessThan(150 * 1024 * 1024);
    expect(monitor.host.feed.last - from).toBeGreaterThan(said);
    await page.context().close();
  });

  it("should account for every entry: shown, or told as left out", async () => {
    const page = await monitor.open("logs?q=source:quick");
    await page.evaluate(() => {
      const totals = { shown: 0, missing: 0 };
      Object.assign(window, { totals });
      const parse = JSON.parse;
      JSON.parse = (text: string, ...rest) => {
        const value = parse(text, ...rest) as { t?: string; entries?: unknown[]; missing?: number };
        if (value?.t === "host" && value.entries !== undefined) {
          totals.shown += value.entries.length;
          totals.missing += value.missing ?? 0;
        }
        return value;
      };
    });
    const before = monitor.host.feed.last;
    const said = await flood(3);
    await expect
      .poll(() => page.evaluate(() => (window as unknown as { totals: { shown: number; missing: number } }).totals))
      .toSatisfy(({ shown, missing }: { shown: number; missing: number }) => shown + missing >= said);
    expect(monitor.host.feed.last - before).toBeGreaterThanOrEqual(said);
    await page.context().close();
  });

  it("should not be harmed by a tab that is frozen", async () => {
    const page = await monitor.open("logs");
    const session = await page.context().newCDPSession(page);
    const before = process.memoryUsage.rss();
    await session.send("Page.enable");
    await session.send("Page.setWebLifecycleState", { state: "frozen" });
    await flood(6);
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 * 1024);
    const run = monitor.host.runs.open({ flow: "answer", input: { text: "Are you there?" } });
    expect((await run.done).data.status).toBe("ok");
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await page
      .getByText(/run ends: ok/)
      .first()
      .waitFor();
    await page.context().close();
  });

  it("should cut a line of 20 MB, and load it whole when asked", async () => {
    const page = await monitor.open("logs?q=giant");
    say(`giant ${"x".repeat(20 * 1024 * 1024)} end`);
    const row = page.getByRole("log").getByRole("button", { name: /giant/ });
    await row.waitFor();
    await row.getByText("cut").waitFor();
    await row.click();
    await page.getByRole("button", { name: "Load the whole line" }).click();
    await page.getByRole("button", { name: "Save it (20.0 MB)" }).waitFor();
    const drawn = await page.evaluate(() => document.body.textContent?.length ?? 0);
    expect(drawn).toBeLessThan(400_000);
    await page.context().close();
  });

  it("should show HTML and control characters of a log line as text", async () => {
    const page = await monitor.open("logs?q=payload");
    say("payload <img src=x onerror='window.hacked=true'><script>window.hacked=true</script>\u001b[31mred\u0007", {
      html: "<b onmouseover=alert(1)>",
    });
    await page
      .getByRole("log")
      .getByRole("button", { name: /payload/ })
      .click();
    await page.getByRole("dialog").getByText("onmouseover=alert(1)").waitFor();
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(await page.locator("main img, dialog img, main script").count()).toBe(0);
    await page.context().close();
  });

  it("should come back by itself when the connection breaks, and go on where it stopped", async () => {
    const page = await monitor.open();
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket(/./, (socket) => {
      socket.connectToServer();
      sockets.push(socket);
    });
    await page.goto(`${monitor.address}/monitor/logs?q=source:quick`);
    say("said before the break");
    await page.getByText("said before the break").waitFor();
    expect(sockets).toHaveLength(1);
    await sockets[0]?.close({ code: 4000, reason: "broken by a test" });
    say("said during the break");
    await page.getByText(/reconnecting/).waitFor();
    await page.getByText("said during the break").waitFor();
    expect(await page.getByText("said before the break").count()).toBe(1);
    expect(sockets.length).toBeGreaterThan(1);
    await page.context().close();
  });
});
