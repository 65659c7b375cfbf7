import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  monitor = await Monitor.start({
    docker: true,
    more: "  guard: { use: approve }\n",
    flows: "  guarded: [careful, guard, box]\n",
  });
  page = await monitor.open();
  // As on a machine that is busy: what comes a frame late is late for a person as well.
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const at = (path: string) => page.goto(`${monitor.address}/monitor/${path}`);

/** Answers to this request wait until they are let go. */
async function held(path: string) {
  const waiting: Route[] = [];
  let isHeld = true;
  const url = `**/monitor/api/${path}`;
  await page.route(url, (route) => (isHeld ? void waiting.push(route) : route.continue()));
  return {
    asked: () => expect.poll(() => waiting.length).toBeGreaterThan(0),
    letGo: async () => {
      isHeld = false;
      await Promise.all(waiting.map((route) => route.continue()));
      await page.unroute(url);
    },
  };
}

describe("what the page offers while it waits", () => {
  it("should keep the level that was chosen until the host tells the same", async () => {
    await at("overview?instance=quick");
    const level = page.getByLabel("Log level");
    await expect.poll(() => level.inputValue()).toBe("info");
    const reading = await held("instances");
    await level.selectOption("debug");
    await reading.asked();
    expect([await level.inputValue(), await level.isDisabled()]).toEqual(["debug", true]);
    await reading.letGo();
    await expect.poll(() => level.isDisabled()).toBe(false);
    expect(await level.inputValue()).toBe("debug");
  });

  it("should say nothing of an instance before the host has told it", async () => {
    const reading = await held("instances");
    await at("overview?instance=quick");
    await reading.asked();
    const restart = page.getByRole("button", { name: "Restart", exact: true });
    expect(await page.getByLabel("Log level").inputValue()).toBe("");
    expect(await page.getByLabel("Log level").isDisabled()).toBe(true);
    expect(await restart.isDisabled()).toBe(true);
    expect(await page.getByTitle("It can only be restarted together with the host.").count()).toBe(0);
    await reading.letGo();
    await expect.poll(() => restart.isDisabled()).toBe(false);
  });

  it("should offer no second time to stop what is stopped", async () => {
    await monitor.host.runs.open({ flow: "run", input: { code: "1" }, session: "stopped" }).done;
    await at("sandboxes");
    const card = page.getByRole("article").filter({ hasText: "stopped" });
    const stop = card.getByRole("button", { name: "Stop" });
    await stop.waitFor();
    const reading = await held("sandboxes");
    await stop.click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
    await page.getByText(/ was stopped/).waitFor();
    expect(await stop.isEnabled()).toBe(false);
    await reading.letGo();
    await expect.poll(() => card.count()).toBe(0);
  });

  it("should take an answer once, and ask the next question with nothing of the one before", async () => {
    const { run, done } = monitor.host.runs.open({
      ...{ flow: "run", input: { code: "a = input('first? ')\nb = input('second? ')\nprint([a, b])" } },
      ...{ session: "asks", interactive: true },
    });
    await at("chat/asks");
    const first = page.getByLabel("first?");
    await first.fill("one");
    // Twice in one go, as a person does who sees nothing happen.
    await page.locator("form.answer").evaluate((form: HTMLFormElement) => {
      form.requestSubmit();
      setTimeout(() => form.isConnected && form.requestSubmit(), 20);
    });
    const second = page.getByLabel("second?");
    await second.waitFor();
    expect(await second.inputValue()).toBe("");
    await second.fill("two");
    await page.keyboard.press("Enter");
    await done;
    await page.getByText("['one', 'two']").first().waitFor();
    expect(await page.getByRole("status").filter({ hasText: "SLUICE" }).count()).toBe(0);
    expect(run).not.toBe("");
  });

  it("should not say that nothing fits before it has been looked for", async () => {
    await at("runs?q=nothing-of-that-kind");
    await page.getByText("No run fits").waitFor();
    const seen = await page.evaluate(async () => {
      const field = document.querySelector<HTMLInputElement>("input[type=search]");
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
      set?.call(field, "input");
      field?.dispatchEvent(new Event("input", { bubbles: true }));
      const said: boolean[] = [];
      for (let frame = 0; frame < 3; frame += 1) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        said.push(document.body.textContent?.includes("No run fits") === true);
      }
      return said;
    });
    expect(seen.slice(1)).not.toContain(true);
    await page.getByRole("row").filter({ hasText: "input" }).first().waitFor();
  });
});
