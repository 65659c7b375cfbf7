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
    await page.getByRole("tab", { name: "Code" }).click();
    await page.getByRole("heading", { name: "Attempt 1" }).waitFor();
    expect(await page.locator(".diff-added").count()).toBe(0);
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
    const last = page.getByText("line 399999", { exact: true });
    await last.waitFor();
    const isSeen = () =>
      last.evaluate((row) => {
        const [own, around] = [row, row.closest("[role=log]")].map((each) => each?.getBoundingClientRect());
        return (
          own !== undefined && around !== undefined && own.top >= around.top - 1 && own.bottom <= around.bottom + 1
        );
      });
    await expect.poll(isSeen).toBe(true);
    await page.getByRole("alert").getByText("ValueError: at last, line 3").waitFor();
    await page.getByText("between the beginning and the end are not shown").waitFor();
  });

  it("should follow what runs until a person scrolls up, and open what has ended at its end or its error", async () => {
    const away = () => page.locator("main").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
    const answers = "name = input('first? ')\nfrom IPython.display import Markdown, display\n";
    const show = "for i in range(60): display(Markdown(f'value {i}'))\n";
    const code = `${answers}${show}input('second? ')\n${show}`;
    const handle = await openRun("run", { code });
    await page.getByLabel("first?").fill("x");
    await page.keyboard.press("Enter");
    await page.getByText("value 59", { exact: true }).waitFor();
    await expect.poll(away).toBeLessThan(5);
    // What it asks is in sight, though its place is far above, and takes the focus without leading there.
    expect(await page.getByLabel("second?").evaluate((field) => document.activeElement === field)).toBe(true);
    const isAsked = () =>
      page.getByLabel("second?").evaluate((field) => {
        const [own, around] = [field, field.closest("main")].map((each) => each?.getBoundingClientRect());
        return own !== undefined && around !== undefined && own.top >= around.top && own.bottom <= around.bottom;
      });
    expect(await isAsked()).toBe(true);
    await page.locator("main").hover({ position: { x: 8, y: 300 } });
    await page.mouse.wheel(0, -600);
    await expect.poll(away).toBeGreaterThan(300);
    expect(await isAsked()).toBe(true);
    await handle.input({ kind: "stdin", text: "y\n" });
    await expect.poll(() => page.getByText("value 59", { exact: true }).count()).toBe(2);
    expect((await handle.done).data.status).toBe("ok");
    expect(await away()).toBeGreaterThan(300);
    await page.reload();
    await expect.poll(() => page.getByText("value 59", { exact: true }).count()).toBe(2);
    await expect.poll(away).toBeLessThan(5);
    await (await openRun("run", { code: `${answers.split("\n")[1]}\n${show}1 / 0` })).done;
    await page.reload();
    await page.getByText("value 59", { exact: true }).waitFor();
    await page.getByRole("alert").getByText("ZeroDivisionError").waitFor();
    expect(await page.locator("main").evaluate((box) => box.scrollTop)).toBe(0);
  });

  it("should draw text on every background of a terminal so that it can be read", async () => {
    const code =
      "for b in (*range(40, 48), *range(100, 108)):\n    for f in (*range(30, 38), *range(90, 98)): print(f'\\x1b[{b};{f}m{b}/{f}\\x1b[0m', end=' ')\n    print()";
    await (await openRun("run", { code })).done;
    await page.getByText("107/97", { exact: true }).waitFor();
    const faint = await page.locator(".terminal span[style*=background]").evaluateAll((spans) => {
      const light = (colour: string) => {
        const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
          const value = Number(part) / 255;
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      return spans.flatMap((span) => {
        const { color, backgroundColor } = getComputedStyle(span);
        const [low = 0, high = 0] = [light(color), light(backgroundColor)].sort((a, b) => a - b);
        const ratio = (high + 0.05) / (low + 0.05);
        return ratio < 4.5 ? [`${span.textContent} ${ratio}`] : [];
      });
    });
    expect(faint).toEqual([]);
    expect(await page.locator(".terminal span[style*=background]").count()).toBeGreaterThan(200);
  });

  it("should give input() exactly what was typed", async () => {
    const handle = await openRun("run", { code: "print(repr(input('name? ')))" });
    await page.getByLabel("name?").fill("  Ada ");
    await page.getByRole("button", { name: "Send" }).click();
    await handle.done;
    await page.getByText("'  Ada '", { exact: true }).first().waitFor();
  });
});
