import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOf } from "./monitor-axe.ts";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;
let page: Page;
let chat = "";
let plain = "";

beforeAll(async () => {
  monitor = await Monitor.start({ docker: true });
  const open = async (flow: string, text: string) => {
    const handle = monitor.host.runs.open({ flow, input: { text } });
    await handle.done;
    return handle.run;
  };
  chat = await open("chat", "What is 6 times 7? Write a program.");
  plain = await open("answer", "What is 6 times 7?");
  page = await monitor.open();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

const at = (path: string) => page.goto(`${monitor.address}/monitor/${path}`);
const faults = () => faultsOf(page);

describe("the waterfall of a run", () => {
  it("should show each call with its tokens, its cost and what was said before it", async () => {
    await at(`runs/${chat}?view=waterfall`);
    const rows = page.locator(".span-row");
    await expect.poll(() => page.locator(".span-model").count()).toBe(3);
    expect(await page.locator(".span-exec").count()).toBe(2);
    const first = page.locator(".span-model").first();
    expect(await first.locator("td").nth(2).textContent()).toMatch(/\d/);
    const second = page.locator(".span-model").nth(1);
    await second.getByRole("button").click();
    const details = page.getByRole("region", { name: /^About careful/ });
    await details.getByText("careful-1").waitFor();
    await details.getByText("NameError").first().waitFor();
    expect(await details.getByText("The answer is 42").count()).toBe(0);
    const words = await details.locator(".prompt-message").allInnerTexts();
    expect(words[0]).toMatch(/^system\n/);
    expect(words[1]).toBe("user\nWhat is 6 times 7? Write a program.");
    expect(words[2]).toContain("print('The answer is', anser)");
    // The instructions go before each, and what the program printed is the last that it was told.
    expect(words).toHaveLength(4);
    expect(words[3]).toMatch(/^user\n.*NameError: name 'anser' is not defined/s);
    expect(await rows.filter({ hasText: "failed" }).count()).toBe(1);
    expect(await faults()).toEqual([]);
  });

  it("should lead from a span to its place in the transcript", async () => {
    await at(`runs/${chat}?view=waterfall`);
    await page.locator(".span-exec").last().getByRole("button").click();
    await page.getByRole("button", { name: "Go to it" }).click();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain("The answer is 42");
    expect(page.url()).not.toContain("view=");
  });

  it("should show files as what they are, with no right to do anything", async () => {
    const code = `
open('t.csv', 'w').write('n,name\\n10,"a, b"\\n9,\u05e9\\n')
open('p.html', 'w').write('<b>bold</b><script>top.hacked=1</script><img src=x onerror="top.hacked=1">')
open('d.svg', 'w').write('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="top.hacked=1"/>')
open('b.bin', 'wb').write(b'\\x00\\x01')
open('m.py', 'w').write('def f(): pass')
open('o.json', 'w').write('{"a":{"b":[1]}}')
open('r.csv', 'w').write('\u05e9\u05dd,\u05d2\u05d9\u05dc\\n\u05d3\u05e0\u05d4,5\\n')
import json, struct, zlib
cells = [{'cell_type': 'markdown', 'source': ['# Of a notebook']}, {'cell_type': 'code', 'source': 'x', 'outputs': [{'output_type': 'stream', 'text': ['it said so']}]}]
json.dump({'nbformat': 4, 'metadata': {}, 'cells': cells}, open('n.ipynb', 'w'))
part = lambda kind, data: struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
rows = zlib.compress((b'\\0' + b'\\x80' * 3000) * 40)
open('w.png', 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n' + part(b'IHDR', struct.pack('>IIBBBBB', 3000, 40, 8, 0, 0, 0, 0)) + part(b'IDAT', rows) + part(b'IEND', b''))
open('p.pdf', 'w').write("""%PDF-1.1
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length 41>>stream
BT /F1 24 Tf 20 50 Td (Hello paper) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
%%EOF""")
`;
    const run = monitor.host.runs.open({ flow: "run", input: { code }, session: "files" });
    expect((await run.done).data.status).toBe("ok");
    await at(`runs/${run.run}?view=files`);
    const look = async (path: string) => {
      await page.getByRole("button", { name: `Look at ${path}` }).click();
      return page.getByRole("region", { name: `What is in ${path}` });
    };
    const table = await look("t.csv");
    await table.locator("tbody tr").first().waitFor();
    expect(await table.locator("tbody tr").allInnerTexts()).toEqual(["10\ta, b", "9\t\u05e9"]);
    await (await look("p.html")).locator("iframe").contentFrame().getByText("bold").waitFor();
    await (await look("d.svg")).locator("img").waitFor();
    await (await look("b.bin")).getByText("It is no text").waitFor();
    await (await look("m.py")).locator(".hljs-keyword").first().waitFor();
    await (await look("o.json")).getByText('"b": [').waitFor();
    const notebook = await look("n.ipynb");
    await notebook.getByRole("heading", { name: "Of a notebook" }).waitFor();
    await notebook.getByText("it said so").waitFor();
    const hebrew = (await look("r.csv")).locator("table");
    await hebrew.waitFor();
    expect(await hebrew.evaluate((each) => getComputedStyle(each).direction)).toBe("rtl");
    const picture = (await look("w.png")).locator("img");
    const widthOf = () => picture.evaluate((image) => image.getBoundingClientRect().width);
    await expect.poll(widthOf).toBeGreaterThan(100);
    expect(await widthOf()).toBeLessThan(1_280);
    await picture.click();
    await expect.poll(widthOf).toBeGreaterThanOrEqual(3_000);
    const paper = (await look("p.pdf")).locator("iframe.drawn-pdf");
    await expect.poll(() => paper.getAttribute("aria-busy")).toBe("false");
    expect(await paper.contentFrame().locator("canvas").getAttribute("aria-label")).toBe("1/1 Hello paper");
    expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    expect(await faults()).toEqual([]);
  });

  it("should compare two runs, and keep both in the address", async () => {
    await at(`runs/${chat}?view=compare`);
    await page.getByLabel("Compare with").selectOption(plain);
    await page.getByRole("heading", { name: "What was asked" }).waitFor();
    expect(page.url()).toContain(`with=${plain}`);
    await page.reload();
    const asked = page.locator("section", { has: page.getByRole("heading", { name: "What was asked" }) });
    await asked.locator(".diff-added", { hasText: "What is 6 times 7?" }).waitFor();
    const took = page.getByRole("row", { name: /^Programs/ });
    expect(await took.locator("td").allInnerTexts()).toEqual(["2", "0"]);
    expect(await faults()).toEqual([]);
  });
});
