import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";

/** A model that costs, one whose script is long, flows within flows, and more than a screen of instances. */
const more = `  dear:
    use: llm-scripted
    with: { model: dear-1, script: ["Forty-two."], repeat: true, price: { input: 1000, output: 500000 } }
${Array.from({ length: 30 }, (_, n) => `  spare${n}: { use: llm-scripted, with: { script: ["${n}"] } }\n`).join("")}`;
const flows =
  "  deep: { loop: [{ race: [[quick, { all: [careful, quick] }], dear], until: first }, quick], max: 2 }\n  costly: dear\n";

let monitor: Monitor;
let page: Page;

beforeAll(async () => {
  monitor = await Monitor.start({ more, flows });
  page = await monitor.open();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const at = async (path: string, tab = page) => {
  await tab.goto(`${monitor.address}/monitor/${path}`);
  await tab.getByText("live", { exact: true }).first().waitFor();
};
const ask = async (flow: string, text: string) => {
  const handle = monitor.host.runs.open({ flow, input: { text } });
  await handle.done;
  return handle;
};
const usd = (text: string | null) => Number(/\$([\d.]+)/.exec(text ?? "")?.[1]);

describe("the details of the page", () => {
  it("should find runs by model, by time and by cost", async () => {
    const cheap = await ask("answer", "by the cheap one");
    const dear = await ask("costly", "by the dear one");
    const failed = await ask("rescue", "by two of them");
    const rows = () => page.locator("tbody th a").allInnerTexts();
    const finds = async (query: string, expected: readonly string[]) => {
      await page.getByRole("searchbox").fill(query);
      await expect.poll(async () => [query, ...(await rows()).sort()]).toEqual([query, ...expected]);
    };
    await at("runs");
    await finds("model:dear-1", ["by the dear one"]);
    await finds("cost:>0.001", ["by the dear one"]);
    await finds("model:quick-mini", ["by the cheap one", "by two of them"]);
    await finds("model:broken-9 status:ok", ["by two of them"]);
    const day = 86_400_000;
    const date = (time: number) => new Date(time).toISOString();
    await finds(`after:${date(Date.now() - day)} by`, ["by the cheap one", "by the dear one", "by two of them"]);
    await finds(`before:${date(Date.now() - day)}`, []);
    await finds(`after:${date(Date.now() + day)}`, []);
    await page.getByText("No run fits").waitFor();
    expect(new Set([cheap.run, dear.run, failed.run]).size).toBe(3);
  });

  it("should draw the cost that the model's answer ended with, on every place that draws it", async () => {
    const handle = await ask("costly", "what does it cost?");
    let cost = 0;
    for await (const event of handle.events())
      if (event.type === "model-end") cost += event.data.cost?.amount ?? Number.NaN;
    expect(cost).toBeGreaterThan(0.1);
    await at("runs?q=what+does+it+cost");
    expect(usd(await page.locator("td[data-name=Cost]").first().textContent())).toBeCloseTo(cost, 2);
    await at(`runs/${handle.run}?view=waterfall`);
    await page.locator(".span-model").waitFor();
    expect(usd(await page.locator(".span-model td[data-name=Cost]").textContent())).toBeCloseTo(cost, 2);
    const head = page.locator(".run-facts div", { has: page.getByText("Cost", { exact: true }) });
    expect(usd(await head.textContent())).toBeCloseTo(cost, 2);
  });

  it("should bring the YAML to the instance that is chosen, and to another one", async () => {
    const seen = (id: string) =>
      page.locator(".cm-line", { hasText: new RegExp(`^\\s*${id}:`) }).evaluateAll((lines) => {
        const around = document.querySelector(".cm-scroller")?.getBoundingClientRect();
        return lines.some((line) => {
          const { top, bottom } = line.getBoundingClientRect();
          return around !== undefined && top >= around.top && bottom <= around.bottom;
        });
      });
    await at("configuration?instance=spare29");
    await expect.poll(() => seen("spare29")).toBe(true);
    expect(await seen("careful")).toBe(false);
    await page.getByRole("combobox", { name: "Instance" }).selectOption("careful");
    await expect.poll(() => seen("careful")).toBe(true);
    // The same one again, after a person has read on elsewhere.
    await page.getByRole("combobox", { name: "Instance" }).selectOption("spare29");
    await expect.poll(() => seen("spare29")).toBe(true);
    const origin = page.locator(".option", { hasText: "script" }).locator("button[title]");
    for (const _ of [1, 2]) {
      await page.locator(".cm-scroller").evaluate((box) => box.scrollTo(0, 0));
      await expect.poll(() => seen("spare29")).toBe(false);
      await origin.first().click();
      await expect.poll(() => seen("spare29")).toBe(true);
    }
  });

  it("should ask before an instance that is at work is restarted, from every place", async () => {
    const run = monitor.host.runs.open({ flow: "chat", input: { text: "please wait" } });
    await at("overview?instance=careful");
    const dialog = page.getByRole("dialog").last();
    await page.getByRole("dialog", { name: "careful" }).getByRole("button", { name: "Restart" }).click();
    await dialog.getByRole("button", { name: "Not yet" }).click();
    expect(monitor.host.runs.active).toBe(1);
    run.cancel();
    await run.done;
  });

  it("should name what a figure is on a phone, and break no time in two", async () => {
    const context = await monitor.context({ width: 390 });
    const phone = await monitor.open("runs", { context });
    await phone.locator("tbody tr").first().waitFor();
    const cells = phone.locator("tbody tr").first().locator("td[data-name]");
    expect(await cells.count()).toBeGreaterThan(4);
    for (const cell of await cells.all())
      expect(await cell.evaluate((each) => getComputedStyle(each, "::before").content)).toMatch(/^".+"$/);
    const tall = await phone
      .locator("time")
      .evaluateAll((times) =>
        times
          .filter((time) => time.getClientRects().length > 1 || time.getBoundingClientRect().height > 30)
          .map((time) => time.outerHTML),
      );
    expect(tall).toEqual([]);
    await context.close();
  });

  it("should draw no line of a nested flow through a box", async () => {
    await at("flow/deep");
    await page.locator(".graph-box").first().waitFor();
    const crossed = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll(".graph-box")].map((box) => box.getBoundingClientRect());
      const lines = [...document.querySelectorAll<SVGPathElement>("path.graph-line")];
      return lines.flatMap((line) => {
        const matrix = line.getScreenCTM();
        if (matrix === null) return ["no place"];
        const length = line.getTotalLength();
        const points = Array.from({ length: 200 }, (_, n) => line.getPointAtLength((length * n) / 199));
        return points
          .map((point) => point.matrixTransform(matrix))
          .filter(({ x, y }) =>
            boxes.some(
              ({ left, right, top, bottom }) => x > left + 2 && x < right - 2 && y > top + 2 && y < bottom - 2,
            ),
          )
          .map(({ x, y }) => `${line.getAttribute("d")} at ${x},${y}`);
      });
    });
    expect(crossed).toEqual([]);
    expect(await page.locator(".graph-box").count()).toBe(5);
  });

  it("should let tables and readings that are wider than the screen be scrolled by the keyboard", async () => {
    const context = await monitor.context({ width: 390 });
    const phone = await monitor.open("overview", { context });
    for (const path of ["overview", "runs", "models", "hosts", "events", "flow/deep"]) {
      await at(path, phone);
      await phone.locator("main .screen").waitFor();
      const stuck = await phone.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>("main *")]
          .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
          .filter((each) => ["auto", "scroll"].includes(getComputedStyle(each).overflowX))
          .filter((each) => each.tabIndex < 0 && each.querySelector("a, button, input, [tabindex='0']") === null)
          .map((each) => each.outerHTML.slice(0, 120)),
      );
      expect(stuck).toEqual([]);
    }
    await context.close();
  });

  it("should give each lane a colour of its own", async () => {
    const handle = await ask("both", "two lanes");
    await at(`runs/${handle.run}`);
    await expect.poll(() => page.locator(".lane-box").count()).toBe(2);
    const colours = await page
      .locator(".lane-box")
      .evaluateAll((lanes) => lanes.map((lane) => getComputedStyle(lane).borderInlineStartColor));
    expect(new Set(colours).size).toBe(2);
  });
});
