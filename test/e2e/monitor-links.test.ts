import { readFileSync } from "node:fs";
import { join } from "node:path";
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

const at = (path: string) => page.goto(`${monitor.address}/monitor/${path}`);

const run = (code: string, session?: string) =>
  monitor.host.runs.open({ flow: "run", input: { code }, ...(session === undefined ? {} : { session }) });

/** Where the links of this page lead, without those that leave it. */
const links = () =>
  page
    .locator("a[href]")
    .evaluateAll((all) =>
      all
        .map((each) => (each as HTMLAnchorElement).href)
        .filter((href) => !href.includes("#") && href.startsWith(location.origin)),
    );

/** What is there now; a place is gone to as a link in the page leads there. */
async function go(path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
  await expect.poll(() => page.locator("main [aria-busy=true]").count()).toBe(0);
}

async function linksOn(path: string): Promise<string[]> {
  await go(`/monitor/${path}`);
  return links();
}

/** Why a link leads to what is not there: its answer refuses, or its screen says so. */
async function deadEnd(href: string): Promise<string | undefined> {
  if (href.includes("/api/")) {
    const status = await page.evaluate(async (url) => {
      const leave = new AbortController();
      const { status } = await fetch(url, { signal: leave.signal });
      leave.abort();
      return status;
    }, href);
    return status === 200 ? undefined : `${href}: ${status}`;
  }
  await go(href);
  if (/\/runs\/./.test(href)) await page.locator("main .run-facts dt, main .note.bad").first().waitFor();
  const refused = page.locator("main .note.bad, main .empty", { hasText: /[Tt]here is no/ });
  return (await refused.count()) === 0 ? undefined : `${href}: ${await refused.first().textContent()}`;
}

const left = "open('left.txt', 'w').write('x')";

describe("links of the page", () => {
  it("should lead to a file no longer once its session has ended, while the page is looked at", async () => {
    const { done, run: id } = run(left, "ends");
    await done;
    await at(`runs/${id}?view=files`);
    const link = page.getByRole("link", { name: "left.txt" });
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    expect(download.suggestedFilename()).toBe("left.txt");
    await page.getByRole("button", { name: "Look at left.txt" }).click();
    await page.locator(".file-preview").getByText("x", { exact: true }).waitFor();
    let downloads = 0;
    page.on("download", () => {
      downloads += 1;
    });
    await monitor.host.sessions.close("ends");
    await link.click();
    await page.getByText("left.txt is gone").waitFor();
    await page.getByText("gone with its sandbox").waitFor();
    expect([await link.count(), await page.locator(".file-preview").count(), downloads]).toEqual([0, 0, 0]);
    expect(await page.getByRole("button", { name: "Look at left.txt" }).count()).toBe(0);
  });

  it("should show a file as gone that was there when its run ended, without being asked", async () => {
    const { done, run: id } = run(left, "ends later");
    await done;
    await at(`runs/${id}?view=files`);
    await page.getByRole("link", { name: "left.txt" }).waitFor();
    await monitor.host.sessions.close("ends later");
    await page.getByText("gone with its sandbox").waitFor();
    expect(await page.getByRole("link", { name: "left.txt" }).count()).toBe(0);
  });

  it("should show what a conversation's sandbox has no longer as gone", async () => {
    await run(left, "talk").done;
    await at("chat/talk");
    await page.getByText("Files and variables of the session").click();
    const link = page.getByRole("link", { name: "left.txt", exact: true });
    await link.waitFor();
    // The list of open sandboxes is read every so often: until then the panel stands.
    await monitor.host.sessions.close("talk");
    await expect.poll(() => link.count()).toBe(0);
    await page.getByText("the sandbox begins empty").waitFor();
    expect(await page.locator(".file-preview").count()).toBe(0);
  });

  it("should lead somewhere on every screen, of what has ended as well", async () => {
    await run(left, "gone").done;
    const failed = run("kept = []\nwhile True:\n    kept.append(bytearray(8_000_000))", "gone");
    await failed.done;
    await monitor.host.sessions.close("gone");
    const long = run("for i in range(400_000): print('line', i)");
    await long.done;
    await at("overview");
    const found = new Set<string>();
    for (const path of [`runs/${failed.run}`, `runs/${failed.run}?view=files`, `runs/${long.run}`, "chat/gone"])
      for (const href of await linksOn(path)) found.add(href);
    for (const path of ["runs", "sandboxes", "hosts", "models", "flow/run", "overview"])
      for (const href of await linksOn(path)) found.add(href);
    const dead: (string | undefined)[] = [];
    for (const href of found) dead.push(await deadEnd(href));
    expect(dead.filter((each) => each !== undefined)).toEqual([]);
    expect(found.size).toBeGreaterThan(15);
    expect(await deadEnd(`${monitor.address}/monitor/runs/r_of-nobody`)).toContain("r_of-nobody");
    expect(await deadEnd(`${monitor.address}/monitor/api/runs/${failed.run}/file?path=left.txt`)).toMatch(
      /: [45]\d\d$/,
    );
  });

  it("should lead nowhere from a run that was exported, whatever it shows", async () => {
    const notebook = JSON.stringify({
      ...{ nbformat: 4, nbformat_minor: 5, metadata: {} },
      cells: [
        { cell_type: "markdown", source: "[a file](left.txt) ![a picture](left.png) <a href='left.txt'>raw</a>" },
      ],
    });
    const shown = [
      left,
      "from IPython.display import FileLink, HTML, Markdown, display",
      "display(FileLink('left.txt'), HTML('<a href=\"/monitor/api/left.txt\">x</a>'), Markdown('[x](left.txt) [y](/monitor/left.txt)'))",
      `open('book.ipynb', 'w').write(${JSON.stringify(notebook)})`,
    ];
    await run(shown.join("\n"), "book").done;
    const { done, run: id } = run("kept = []\nwhile True:\n    kept.append(bytearray(8_000_000))", "book");
    await done;
    const [{ run: first = "" } = {}] = (await monitor.host.runs.list({ session: "book" })).filter(
      (each) => each.run !== id,
    );
    await at(`runs/${first}?view=files`);
    await page.getByRole("button", { name: "Look at book.ipynb" }).click();
    await page.locator(".notebook").getByText("a file").waitFor();
    expect(await page.locator(".notebook a, .gallery a").count()).toBe(0);
    for (const exported of [first, id]) {
      await at(`runs/${exported}`);
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Export as a page" }).click(),
      ]);
      const file = join(monitor.folder, "exported.html");
      await download.saveAs(file);
      const alone = await page.context().newPage();
      await alone.goto(`file://${file}`);
      await alone.getByText("Nothing here is live.").waitFor();
      for (const tab of await alone.getByRole("tab").all()) {
        await tab.click();
        const found = await alone.locator("a[href]").evaluateAll((all) => all.map((each) => each.outerHTML));
        expect([await tab.textContent(), found]).toEqual([await tab.textContent(), []]);
      }
      await alone.close();
    }
    await at(`runs/${first}`);
    for (const name of ["Notebook", "Markdown"]) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      const text = readFileSync(await download.path(), "utf8");
      expect(text).not.toMatch(/\/monitor\/api\/runs/);
      expect(text).not.toMatch(/\]\(book\.ipynb/);
    }
  });
});
