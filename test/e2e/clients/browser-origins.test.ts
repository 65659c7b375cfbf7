import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Frame, Page } from "playwright-core";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestHost, type TestHost } from "../../../core/testing/index.ts";
import { launch } from "../monitor-kit.ts";
import type { Action } from "./browser-page.ts";

type Seen = Readonly<Record<string, unknown>>;

/** A page at an origin of its own, with the clients in it; `/framed` shows it where it has no origin. */
async function startSite(script: string) {
  const server = createServer((request, response) => {
    const page = `<!doctype html><script>${script.replaceAll("</script", "<\\/script")}</script>`;
    const framed = `<!doctype html><iframe sandbox="allow-scripts" src="/"></iframe>`;
    response.writeHead(200, { "content-type": "text/html" }).end(request.url === "/framed" ? framed : page);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => void server.close().closeAllConnections() };
}

async function bundle(): Promise<string> {
  const input = new URL("browser-page.ts", import.meta.url).pathname;
  const build = await rolldown({ input, platform: "browser", logLevel: "silent" });
  const { output } = await build.generate({ format: "iife" });
  await build.close();
  return output[0].code;
}

describe("pages of other origins, in a browser", () => {
  const sites: Awaited<ReturnType<typeof startSite>>[] = [];
  let started: TestHost;
  let browser: Browser;
  let address: string;
  const key = "a-key-of-twenty-characters";

  beforeAll(async () => {
    const script = await bundle();
    sites.push(await startSite(script), await startSite(script));
    const port = sites[0]?.port;
    // As somebody may write it: what browsers send is in small letters.
    const origins = [`HTTP://LocalHost:${port}`];
    const listen = `127.0.0.1:${await freePort()}`;
    const scripted = (answer: object | string) => ({ use: "llm-scripted", with: { script: [answer], repeat: true } });
    const error = { code: "SLUICE_MODEL_RATE_LIMIT", message: "slow down", retryAfter: "7s" };
    started = await startTestHost({
      transports: true,
      store: false,
      config: {
        version: 1,
        plugins: {
          http: { use: "http-server", with: { bodyLimit: "1m" } },
          words: scripted("Hello, page."),
          busy: scripted({ error }),
          wire: { use: "websocket", with: { listen, origins } },
          api: { use: "openai-api", with: { listen, origins } },
          tools: { use: "mcp", with: { listen, origins } },
          classic: { use: "lmc", with: { listen, origins, flow: "chat", key } },
        },
        flows: { chat: "words" },
      },
    });
    address = started.host.addresses[0] ?? "";
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    for (const site of sites) await site[Symbol.asyncDispose]();
    await started?.[Symbol.asyncDispose]();
  });

  async function act(page: Page | Frame, action: Action): Promise<Seen> {
    const secret = action === "settings" || action === "classic" ? key : (started.host.info.token ?? "");
    const call = `actions[${JSON.stringify(action)}](${JSON.stringify(address)}, ${JSON.stringify(secret)})`;
    return (await page.evaluate(call)) as Seen;
  }

  describe("where the origin is let in", () => {
    let page: Page;
    beforeAll(async () => {
      page = await browser.newPage();
      await page.goto(`http://localhost:${sites[0]?.port}/`);
    });

    it("should let the official client of OpenAI ask, and read every answer and every refusal", async () => {
      const status = (code: number, more: object = {}) => expect.objectContaining({ status: code, ...more });
      expect(await act(page, "openai")).toEqual({
        models: ["chat", "words", "busy"],
        whole: "Hello, page.",
        request: expect.stringMatching(/^r_/),
        stream: "Hello, page.",
        refused: status(400, { code: "SLUICE_WIRE_PROTOCOL", param: "logprobs" }),
        unknown: status(404, { code: "SLUICE_FLOW_NOT_FOUND" }),
        unserved: status(404, { message: expect.stringContaining("/v1/embeddings") }),
        key: status(401, { code: "SLUICE_WIRE_AUTH" }),
        large: status(413),
        busy: { status: 429, after: "7" },
      });
    });

    it("should let the official client of MCP call tools, in both generations", async () => {
      const answer = expect.stringContaining("Hello, page.");
      expect(await act(page, "mcp")).toEqual({ now: answer, before: answer });
    });

    it("should let it set settings, read refusals, and send no cookie", async () => {
      expect(await act(page, "settings")).toEqual({
        set: [200, '{"status":"success"}'],
        get: [200, JSON.stringify(JSON.stringify({ auto_run: true }))],
        key: [403, expect.stringContaining("Authentication failed")],
        alive: [200, '{"status":"alive"}'],
        nothing: [404, expect.stringContaining("/nothing/here")],
        method: [405, expect.stringContaining("GET is not allowed")],
        cookies: expect.objectContaining({ name: "TypeError" }),
      });
    });

    it("should let it in over WebSockets, ours and the classic ones", async () => {
      expect(await act(page, "wire")).toEqual({ words: "Hello, page." });
      expect(await act(page, "classic")).toEqual({ heard: { auth: true } });
    });
  });

  describe.each([
    ["another port", () => `http://localhost:${sites[1]?.port}/`, false],
    ["another name of the same machine", () => `http://127.0.0.1:${sites[0]?.port}/`, false],
    ["no origin at all, as in a sandboxed frame", () => `http://localhost:${sites[0]?.port}/framed`, true],
  ])("where the page is of %s", (_name, url, framed) => {
    it("should keep everything from it, and do nothing for it", async () => {
      const page = await browser.newPage();
      await page.goto(url());
      const place = framed ? page.frames().find((frame) => frame !== page.mainFrame()) : page;
      if (place === undefined) throw new Error("the frame is missing");
      const before = (await started.host.runs.list()).length;
      const openai = await act(place, "openai");
      expect(Object.values(openai).map((each) => (each as Seen)["message"])).toEqual(
        Array(10).fill("Connection error."),
      );
      for (const results of [await act(place, "mcp"), await act(place, "settings")]) {
        for (const result of Object.values(results)) {
          expect(JSON.stringify(result)).toMatch(/"name":/);
          expect(JSON.stringify(result)).not.toContain("Hello");
        }
      }
      expect(await act(place, "wire")).toMatchObject({ words: { name: "SluiceError" } });
      expect(await act(place, "classic")).toEqual({ heard: { code: 1006 } });
      expect(await started.host.runs.list()).toHaveLength(before);
      await page.close();
    });
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
