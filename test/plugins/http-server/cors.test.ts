import { describe, expect, it } from "vitest";
import type { HttpMount } from "../../../core/kit/index.ts";
import { HttpServerService } from "../../../plugins/http-server/service.ts";
import { httpConfig, silentLog } from "../websocket/websocket-kit.ts";

const page = "https://app.example.org";
const mount = (more: Partial<HttpMount> = {}): HttpMount => ({
  listen: "127.0.0.1:0",
  path: "/v1/chat/completions",
  methods: ["POST"],
  origins: [page, "HTTPS://Other.Example:443"],
  handle: (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end("{}");
  },
  ...more,
});
const serve = async (more: Partial<HttpMount> = {}) => {
  const http = new HttpServerService(httpConfig, silentLog);
  const { address } = await http.mountHttp(mount(more));
  return { url: `${address}/v1/chat/completions`, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
};
const asks = (origin: string, headers: string, method = "POST") => ({
  method: "OPTIONS",
  headers: { origin, "access-control-request-method": method, "access-control-request-headers": headers },
});
const corsOf = (answer: Response) =>
  [...answer.headers].filter(([name]) => name.startsWith("access-control-")).map(([name]) => name);
/** What the SDKs of OpenAI and of MCP send from a browser. */
const sdk =
  "authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-retry-count,mcp-session-id,mcp-protocol-version,last-event-id";

describe("pages of another origin", () => {
  it.each([page, "https://other.example"])("should be answered before they ask, and let read (%s)", async (origin) => {
    await using served = await serve();
    const before = await fetch(served.url, asks(origin, sdk));
    expect(before.status).toBe(204);
    expect(before.headers.get("access-control-allow-origin")).toBe(origin);
    expect(before.headers.get("access-control-allow-methods")).toContain("POST");
    expect(before.headers.get("access-control-allow-headers")?.split(", ")).toEqual(sdk.split(","));
    expect(before.headers.get("access-control-allow-credentials")).toBeNull();
    const answer = await fetch(served.url, { method: "POST", headers: { origin }, body: "{}" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("access-control-expose-headers")).toContain("mcp-session-id");
    expect(answer.headers.get("vary")).toContain("Origin");
  });

  it("should be let read refusals too, of a mount and of the server", async () => {
    await using served = await serve({
      handle: () => {
        throw new Error("no");
      },
    });
    const failed = await fetch(served.url, { method: "POST", headers: { origin: page }, body: "{}" });
    expect([failed.status, failed.headers.get("access-control-allow-origin")]).toEqual([500, page]);
    const wrong = await fetch(served.url, { method: "PUT", headers: { origin: page }, body: "{}" });
    expect([wrong.status, wrong.headers.get("access-control-allow-origin")]).toEqual([405, page]);
  });

  it("should read that nothing is served where they ask, by any method", async () => {
    await using served = await serve();
    const elsewhere = served.url.replace("chat/completions", "embeddings");
    const before = await fetch(elsewhere, asks(page, sdk, "PUT"));
    expect([before.status, before.headers.get("access-control-allow-methods")]).toEqual([204, "PUT"]);
    const answer = await fetch(elsewhere, { method: "PUT", headers: { origin: page } });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([404, page]);
    const evil = { method: "PUT", headers: { origin: "https://evil.example" } };
    for (const request of [evil, asks("https://evil.example", sdk, "PUT")]) {
      expect([(await fetch(elsewhere, request)).status, corsOf(await fetch(elsewhere, request))]).toEqual([403, []]);
    }
  });

  it.each(["https://evil.example", "null", "https://app.example.org.evil.test", "http://app.example.org"])(
    "should get no CORS header where they are refused (%s)",
    async (origin) => {
      await using served = await serve();
      for (const request of [asks(origin, "authorization"), { method: "POST", headers: { origin }, body: "{}" }]) {
        const answer = await fetch(served.url, request);
        expect([answer.status, corsOf(answer)]).toEqual([403, []]);
        expect(answer.headers.get("vary")).toBe("Origin");
      }
    },
  );

  it("should have answers that vary by origin where there is none", async () => {
    await using served = await serve();
    const answer = await fetch(served.url, { method: "POST", body: "{}" });
    expect([answer.headers.get("vary"), corsOf(answer)]).toEqual(["Origin", []]);
  });
});
