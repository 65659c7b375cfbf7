import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Place, stop } from "./cli-kit.ts";
import { freePort, launch } from "./monitor-kit.ts";

/** A server of somebody else, which answers each path as it is called. */
function hooks(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path === "/never") return;
    if (path === "/redirect") response.writeHead(302, { location: "/ok" }).end();
    else if (path === "/broken") response.writeHead(500).end("no");
    else response.writeHead(200).end();
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

let place: Place;
let browser: Browser;
let page: Page;
let server: Server;
let address = "";
let child: Awaited<ReturnType<Place["up"]>>["child"];

const up = async () => {
  ({ child, address } = await place.up());
};

const signIn = async (path: string) => {
  const { stdout } = await place.run(["monitor", "--json"]);
  await page.goto((JSON.parse(stdout) as { link: string }).link);
  await page.goto(`${address}/monitor/${path}`);
  await page.getByText("live", { exact: true }).first().waitFor();
};

beforeAll(async () => {
  server = await hooks();
  const { port } = server.address() as AddressInfo;
  const hook = (path: string) =>
    `{ use: webhook, with: { url: "http://127.0.0.1:${port}/${path}", secret: the-key-of-all-hooks, timeout: 500ms, private: ["127.0.0.1:${port}"] } }`;
  const listen = `listen: "127.0.0.1:${await freePort()}"`;
  place = new Place(`version: 1
plugins:
  model: { use: llm-scripted, with: { script: ["You said it."], repeat: true } } # careful
  taken: ${hook("ok")}
  never: ${hook("never")}
  redirect: ${hook("redirect")}
  broken: ${hook("broken")}
  transport: { use: websocket, with: { ${listen} } }
  monitor: { use: web-monitor, with: { ${listen}, sample: 1s } }
flows: { chat: model }
`);
  browser = await launch();
  page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await up();
  await signIn("overview");
});

afterAll(async () => {
  await browser?.close();
  await place?.[Symbol.asyncDispose]();
  server?.closeAllConnections();
  server?.close();
});

describe("a host that is killed", () => {
  it("should take nothing of a configuration that is not applied, and judge it when it is back", async () => {
    await page.goto(`${address}/monitor/configuration`);
    const editor = page.locator(".cm-content");
    await editor.getByText("# careful").click();
    await page.keyboard.press("End");
    await page.keyboard.type(" and kind");
    await page.getByText("Only the text differs", { exact: false }).waitFor();
    await stop(child, "SIGKILL");
    await page.getByText("reconnecting", { exact: false }).first().waitFor();
    await page.keyboard.type(", always");
    // Another screen and back: what is written here is asked of nobody.
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("link", { name: "Configuration" }).click();
    await up();
    await signIn("configuration");
    await editor.getByText("# careful and kind, always").waitFor();
    await page.getByText("Only the text differs", { exact: false }).waitFor();
    expect(await page.locator(".note.bad").count()).toBe(0);
    await page.getByRole("button", { name: "Apply…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
    await page.getByText("Applied and written.", { exact: false }).waitFor();
    expect(place.read("sluice.yaml").toString()).toContain("# careful and kind, always\n");
  });

  it("should leave what was counted in the charts", async () => {
    await place.run(["ask", "hello"]);
    await page.goto(`${address}/monitor/charts`);
    const ended = page.getByRole("region", { name: "Runs that ended" });
    await ended.getByText("all: 1 in all").waitFor();
    await stop(child, "SIGKILL");
    await up();
    await signIn("charts");
    await ended.getByText("all: 1 in all").waitFor();
    await place.run(["ask", "hello"]);
    await ended.getByText("all: 2 in all").waitFor();
  });
});

describe("sinks that tell servers", () => {
  it("should say what each server does, and let runs end as ever", async () => {
    const { code, took } = await place.run(["ask", "hello"]);
    expect([code, took < 30_000]).toEqual([0, true]);
    await page.goto(`${address}/monitor/overview`);
    for (const words of [
      "gave no answer in time",
      "answers with 302, and redirects are not followed",
      "answers with 500",
    ])
      await page.getByText(words, { exact: false }).first().waitFor();
    const taken = page.locator("tr, .card, li").filter({ hasText: "taken" }).first();
    expect(await taken.textContent()).toContain("ok");
  });
});
