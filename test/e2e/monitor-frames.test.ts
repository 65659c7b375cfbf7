import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";
import { openShown } from "./shown-run.ts";

let monitor: Monitor;
let page: Page;
/** Connections to somewhere else, and requests that came over them. */
let reached = 0;
let requested = 0;
const elsewhere = createServer((_request, response) => {
  requested += 1;
  response.end();
}).on("connection", () => {
  reached += 1;
});
let outside = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  outside = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  monitor = await Monitor.start();
  page = await monitor.open("runs");
});

afterAll(async () => {
  elsewhere.close();
  await monitor?.[Symbol.asyncDispose]();
});

const vegaLite = "application/vnd.vegalite.v5+json";
const plotly = "application/vnd.plotly.v1+json";

const bars = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  data: {
    values: [
      { a: "x", b: 28 },
      { a: "y", b: 55 },
    ],
  },
  transform: [{ calculate: "datum.b * 2", as: "c" }],
  mark: "bar",
  encoding: { x: { field: "a", type: "nominal" }, y: { field: "c", type: "quantitative" } },
};

const figure = {
  data: [
    { type: "bar", x: ["a", "b"], y: [1, 2] },
    { type: "heatmap", z: [[1, 2]], xaxis: "x2", yaxis: "y2" },
  ],
  layout: { title: { text: "Two bars" }, grid: { rows: 1, columns: 2, pattern: "independent" } },
};

/** The frames that have drawn. */
const drawn = () => page.locator("iframe.drawn-frame[aria-busy=false]");

const frames = () => page.locator("iframe.drawn-frame");

/** Looks at so many charts, one after the other, as a person who scrolls: each loads when it comes into view. */
async function look(count: number): Promise<void> {
  await expect.poll(() => frames().count()).toBe(count);
  const busy = page.locator("iframe.drawn-frame[aria-busy=true]");
  for (let left = await busy.count(); left > 0; left = await busy.count()) {
    // Within the page: a frame that cannot draw may go while it is looked for.
    await page.evaluate(() => document.querySelector("iframe.drawn-frame[aria-busy=true]")?.scrollIntoView());
    await expect.poll(() => busy.count()).toBeLessThan(left);
  }
}

describe("charts in a frame", () => {
  it("should draw Vega-Lite, Vega and Plotly, each in a frame without an origin", async () => {
    const vega = {
      ...{ width: 100, height: 50, data: [{ name: "d", values: [{ v: 1 }] }] },
      marks: [
        { type: "rect", from: { data: "d" }, encode: { enter: { width: { signal: "10 * 5" }, height: { value: 9 } } } },
      ],
    };
    await openShown(monitor, page, {
      values: [
        { [vegaLite]: bars },
        { "application/vnd.vega.v5+json": vega },
        ...Array.from({ length: 9 }, () => ({ "text/html": "<b>It fills the window.</b>" })),
        { [plotly]: figure, "text/html": "<b>no</b>" },
      ],
    });
    await expect.poll(() => drawn().count()).toBeGreaterThan(0);
    // An ended run opens at its end; what is far above loads when somebody comes to it.
    expect(await frames().nth(0).getAttribute("srcdoc")).toBe("");
    await look(3);
    expect(await drawn().count()).toBe(3);
    for (const frame of await drawn().all()) {
      expect(await frame.getAttribute("sandbox")).toBe("allow-scripts");
      expect(
        await frame
          .contentFrame()
          .locator("body")
          .evaluate(() => self.origin),
      ).toBe("null");
    }
    expect(await drawn().nth(0).contentFrame().locator("canvas").count()).toBe(1);
    expect(await drawn().nth(2).contentFrame().locator(".bars .point").count()).toBe(2);
    expect(await drawn().nth(2).contentFrame().locator(".gtitle").textContent()).toBe("Two bars");
  });

  it("should stay where somebody went while something grows, and load what is there", async () => {
    const pages = Array.from({ length: 9 }, () => ({ "text/html": "<b>It fills the window.</b>" }));
    await openShown(monitor, page, { values: [{ [vegaLite]: bars }, ...pages] });
    const main = page.locator("main");
    await expect.poll(() => main.evaluate((box) => box.scrollTop)).toBeGreaterThan(400);
    for (const grown of [300, 0, 500]) {
      await main.evaluate((box) => box.scrollTo(0, box.scrollHeight));
      await main.evaluate(
        (box, pixels) =>
          new Promise<void>((resolve) => {
            // In one go, as when a frame is drawn in the moment in which somebody scrolls.
            box.scrollTo(0, 0);
            const more = document.createElement("p");
            more.style.height = `${pixels}px`;
            box.firstElementChild?.append(more);
            requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
          }),
        grown,
      );
      expect(await main.evaluate((box) => box.scrollTop)).toBe(0);
    }
    await expect.poll(() => drawn().count()).toBe(1);
  });

  it("should reach nothing and nobody, whatever a chart asks for", async () => {
    await openShown(monitor, page, {
      values: [
        { [vegaLite]: { ...bars, data: { url: `${outside}/data.json` } }, "text/plain": "the text instead" },
        {
          [vegaLite]: {
            ...{ data: { values: [{ i: `${outside}/i.png`, h: `${outside}/h` }] } },
            mark: { type: "image", width: 50, height: 50 },
            encoding: { url: { field: "i" }, href: { field: "h" } },
          },
          "text/plain": "picture",
        },
        {
          [plotly]: {
            data: [
              {
                type: "scatter",
                x: [1],
                y: [1],
                text: [`<a href="${outside}/a" target="_top">press</a>`],
                mode: "text",
              },
            ],
            layout: {
              images: [{ source: `${outside}/p.png`, x: 0, y: 1, sizex: 1, sizey: 1 }],
              title: { text: "<img src=x onerror='parent.hacked=1'><script>parent.hacked=1</script>" },
            },
          },
        },
        {
          [vegaLite]: { ...bars, transform: [{ calculate: "constructor.constructor('parent.hacked=1')()", as: "c" }] },
          "text/plain": "code",
        },
        { [plotly]: { data: "none" }, "text/plain": "no figure" },
      ],
    });
    await look(5);
    await page.getByText("the text instead").waitFor();
    await page.getByText("no figure").waitFor();
    // Two are drawn. The other three say that they cannot be, and their frames go.
    await expect.poll(async () => [await frames().count(), await drawn().count()]).toEqual([2, 2]);
    expect(reached).toBe(0);
    // As if somebody had found a way to run code in a frame: even that reaches nothing.
    for (const frame of await drawn().all()) {
      const reads = frame.contentFrame().locator("body");
      const tried = await reads.evaluate(async (_body, url) => {
        const did = (work: () => unknown) =>
          Promise.resolve()
            .then(work)
            .then(
              () => "done",
              () => "refused",
            );
        return [
          await did(() => fetch(`${url}/fetch`)),
          await did(() => fetch("/monitor/api/session")),
          // Later: what the browser's own tools evaluate may do so at once.
          await did(
            () =>
              new Promise((resolve, reject) =>
                setTimeout(() => {
                  try {
                    resolve(new Function("return 1")());
                  } catch (error) {
                    reject(error);
                  }
                }),
              ),
          ),
          await did(() => parent.document.title),
          await did(() => localStorage.length),
          await did(() => document.cookie),
        ];
      }, outside);
      expect(tried).toEqual(Array(6).fill("refused"));
      await reads.evaluate((_body, url) => location.assign(`${url}/away`), outside).catch(() => undefined);
    }
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(page.url()).toContain("/monitor/bundle");
    expect(requested).toBe(0);
  });

  it("should give the libraries to nobody who has not read the page, and none in the cold load", async () => {
    const asked: string[] = [];
    const fresh = await monitor.open("overview");
    fresh.on("request", (request) => asked.push(request.url()));
    await fresh.reload();
    await fresh.getByText("live", { exact: true }).first().waitFor();
    expect(asked.filter((url) => url.includes("/frames/"))).toEqual([]);
    const path = `${monitor.address}/monitor/frames/vega/frame.js`;
    expect([(await fetch(path)).status, (await fetch(`${path}?key=guess`)).status]).toEqual([404, 404]);
    const sizes = await fresh.evaluate(() =>
      performance.getEntriesByType("resource").map((entry) => (entry as PerformanceResourceTiming).encodedBodySize),
    );
    expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThan(350_000);
    await fresh.close();
  });
});
