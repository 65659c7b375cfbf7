import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { UpstreamHttp } from "../../../../core/kit/upstream/upstream-http.ts";
import { refuse, Upstream } from "./upstream.ts";

const open: AsyncDisposable[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function upstreamAndHttp() {
  const upstream = await Upstream.start(refuse(200, { fine: true }));
  const http = new UpstreamHttp(1_000);
  open.push(upstream, http);
  return { upstream, http };
}

/** A proxy that answers for everybody. */
async function startProxy(): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe("the way to a provider", () => {
  it("should lead through the proxy that the environment names, but not to this machine", async () => {
    const { upstream, http } = await upstreamAndHttp();
    const proxy = await startProxy();
    vi.stubEnv("HTTP_PROXY", proxy.url);
    vi.stubEnv("http_proxy", proxy.url);
    vi.stubEnv("NO_PROXY", "");
    vi.stubEnv("no_proxy", "");
    expect((await http.fetch(`${upstream.url}/near`)).ok).toBe(true);
    expect(proxy.asked).toEqual([]);
    expect((await http.fetch("http://provider.example/far")).ok).toBe(true);
    expect(proxy.asked).toEqual(["http://provider.example/far"]);
    expect(upstream.paths).toEqual(["/near"]);
  });

  it("should be closed for good when it is disposed, twice if need be", async () => {
    const { upstream, http } = await upstreamAndHttp();
    await (await http.fetch(upstream.url)).text();
    await http[Symbol.asyncDispose]();
    await http[Symbol.asyncDispose]();
    await expect(http.fetch(upstream.url)).rejects.toThrow();
  });

  it("should bear being disposed of before its first use", async () => {
    const http = new UpstreamHttp(1_000);
    await http[Symbol.asyncDispose]();
    await expect(http.fetch("http://127.0.0.1:1/")).rejects.toThrow();
  });
});
