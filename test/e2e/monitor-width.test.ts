import { describe, expect, it } from "vitest";
import { Monitor } from "./monitor-kit.ts";
import { tooWide } from "./monitor-width.ts";

describe("the check of widths", () => {
  it("should find what is too wide wherever it is hidden", async () => {
    await using monitor = await Monitor.start();
    const { run } = await monitor.host.runs.open({ flow: "rescue", input: { text: "And this?" } }).done;
    const page = await monitor.open(`runs/${run}`);
    await page.getByText(/What stands struck out above/).waitFor();
    expect(await tooWide(page)).toEqual([]);
    const plant = (inside: string, html: string) =>
      page.evaluate(
        ([where = "", text = ""]) => {
          const planted = document.createElement("div");
          planted.innerHTML = text;
          planted.id = "planted";
          // The policy of the page lets no attribute be a style.
          for (const each of planted.querySelectorAll<HTMLElement>("[data-css]"))
            each.style.cssText = each.dataset["css"] ?? "";
          document.querySelector(where)?.append(planted);
        },
        [inside, html],
      );
    const wide = "width:3000px;height:9px";
    for (const [inside, html] of [
      ["body", `<div data-css="${wide}"></div>`],
      ["main", `<div data-css="${wide}"></div>`],
      [".run", "<div data-css='overflow:auto;width:200px'><p data-css='width:300px'>scrolled</p></div>"],
      [".run", "<div data-css='overflow:hidden;width:200px'><p data-css='width:300px'>cut off</p></div>"],
      [".run-head", "<div data-css='width:60px;white-space:nowrap'>words that stick out of their box</div>"],
      [
        ".run",
        "<div data-css='overflow-y:auto;height:40px'><span data-css='display:block;width:5000px'>inner</span></div>",
      ],
    ] as const) {
      await plant(inside, html);
      expect(await tooWide(page), html).not.toEqual([]);
      await page.evaluate(() => document.querySelector("#planted")?.remove());
    }
    await plant(
      ".run",
      "<p data-css='overflow:hidden;text-overflow:ellipsis;white-space:nowrap;width:60px'>as it is meant</p>",
    );
    expect(await tooWide(page)).toEqual([]);
    await page.context().close();
  });
});
