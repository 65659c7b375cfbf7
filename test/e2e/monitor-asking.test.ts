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
const program = Array.from({ length: 1_000 }, (_, line) => `x${line} = ${line}`).join("\n");

describe("asking", () => {
  it("should run a long program again with its session and files, without its code in the address", async () => {
    const code = `${program}\nprint(open('data.csv').read(), x999)`;
    const files = [{ path: "data.csv", content: Buffer.from("a,b") }];
    const input = { code, files };
    const run = monitor.host.runs.open({ flow: "run", input, session: "kept" });
    await run.done;
    await at(`runs/${run.run}`);
    await page.getByRole("button", { name: "Run again" }).click();
    await page.waitForURL(/\/chat\/kept\?from=/);
    expect(page.url()).not.toContain("x1");
    const field = page.getByRole("textbox", { name: "A program" });
    await field.waitFor();
    expect(await field.inputValue()).toBe(code);
    await page.reload();
    await expect.poll(() => field.inputValue()).toBe(code);
    await page.locator(".composer").getByText("with data.csv").waitFor();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator(".composer .command").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain("x999 = 999\n");
    expect(copied).toMatch(/ -f run --session kept --put data\.csv$/);
    await page.getByRole("button", { name: "Run Ctrl" }).click();
    await page.locator(".chat-turn").nth(1).getByText("a,b 999", { exact: true }).waitFor();
  });

  it("should run a program alone again, and lose nothing by a reload and in another tab", async () => {
    const first = monitor.host.runs.open({ flow: "run", input: { code: "print('it is', 'alone')" } });
    await first.done;
    await at(`ask?from=${first.run}`);
    await page.waitForURL(/\/chat\?from=/);
    expect(await page.getByRole("checkbox", { name: "Alone" }).isChecked()).toBe(true);
    await page.getByRole("button", { name: "Run Ctrl" }).click();
    const card = (tab: Page) => tab.getByRole("region", { name: "Answer of run" }).getByText("it is alone");
    await card(page).waitFor();
    await page.reload();
    await card(page).waitFor();
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await card(tab).waitFor();
    await tab.close();
  });

  it("should show an answer of which the list of its conversation tells before the connection does", async () => {
    const tab = await page.context().newPage();
    let held: (() => void)[] | undefined;
    await tab.routeWebSocket(/.*/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        const send = () => socket.send(message);
        if (held === undefined || JSON.parse(String(message)).t === "host") send();
        else held.push(send);
      });
    });
    const answers = tab.getByText("It is 42. I did not run anything", { exact: false });
    const ask = async (text: string) => {
      await tab.locator(".composer textarea").fill(text);
      await tab.locator(".composer textarea").press("Control+Enter");
    };
    await tab.goto(`${monitor.address}/monitor/chat?flow=answer`);
    await ask("First?");
    await answers.first().waitFor();
    held = [];
    await ask("Told first?");
    await tab.locator(".chat-turn").nth(1).getByText("Told first?", { exact: true }).waitFor();
    // Its answer is asked for by name, and what the connection held back comes after that.
    await expect.poll(() => held?.length).toBeGreaterThan(1);
    const late = held;
    held = undefined;
    for (const send of late) send();
    await expect.poll(() => answers.count()).toBe(2);
    await tab.close();
  });

  it("should find any run by what it printed, and say why one failed", async () => {
    await monitor.host.runs.open({ flow: "run", input: { code: "print('needle-' + 'in-hay')\n1 / 0" } }).done;
    const later = Array.from({ length: 110 }, () => monitor.host.runs.open({ flow: "answer", input: { text: "hi" } }));
    await Promise.all(later.map(({ done }) => done));
    await at("runs?q=needle-in-hay");
    const row = page.locator("tbody tr");
    await expect.poll(() => row.count()).toBe(1);
    await row.getByText("ZeroDivisionError: division by zero, line 2").waitFor();
    await page.getByRole("searchbox").fill("flow:run status:failed division");
    await expect.poll(() => row.count()).toBe(1);
    await page.getByRole("searchbox").fill("flow:run status:ok division");
    await page.getByText("No run fits").waitFor();
  });

  it("should say in the list what a run waits for", async () => {
    const run = monitor.host.runs.open({ flow: "run", input: { code: "input('your name? ')" }, interactive: true });
    await at("runs?q=name");
    await page.getByText("waits for: your name?").waitFor();
    run.cancel();
    await run.done;
    await expect.poll(() => page.getByText("waits for: your name?").count()).toBe(0);
  });

  it("should show what the sandbox of a conversation has; it is renamed, and removed", async () => {
    const code = "kept = 41\nopen('left.txt', 'w').write('from before')";
    await monitor.host.runs.open({ flow: "run", input: { code }, session: "numbers" }).done;
    await at("chat/numbers");
    await page.getByText("Files and variables of the session").click();
    const panel = page.locator(".session-panel");
    await panel.getByRole("button", { name: "Look at left.txt" }).click();
    await panel.getByText("from before").waitFor();
    await panel.getByText("Sandboxes offer no terminal", { exact: false }).waitFor();
    await panel.getByRole("button", { name: "Show its variables" }).click();
    const second = page.locator(".chat-turn").nth(1);
    await second.getByText(/kept\s+int\s+41/).waitFor();
    await second.getByText("ok", { exact: true }).first().waitFor();
    const list = page.getByRole("navigation", { name: "Conversations" });
    const dialog = page.getByRole("dialog");
    await list.getByRole("button", { name: "Rename this conversation" }).click();
    await dialog.getByLabel("Name").fill("My numbers");
    await dialog.getByRole("button", { name: "Rename" }).click();
    const entry = list.getByRole("link", { name: /My numbers/ });
    await entry.waitFor();
    await page.reload();
    await entry.waitFor();
    await list.getByRole("button", { name: "Remove this conversation" }).click();
    await dialog.getByText("Its sandbox ends", { exact: false }).waitFor();
    await dialog.getByRole("button", { name: "Remove" }).click();
    await expect.poll(() => entry.count()).toBe(0);
    expect(monitor.host.sessions.list().some(({ session }) => session === "numbers")).toBe(false);
    expect((await monitor.host.runs.list({ session: "numbers" })).length).toBe(2);
  });
});
