import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { lookupPublic } from "../../../../core/kit/upstream/elsewhere.ts";
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
/** A server on a free port, closed after the test; its address. */
async function served(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startProxy(): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const url = await served((request, response) => {
    asked.push(request.url ?? "");
    response.end("{}");
  });
  return { url, asked };
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

  /** Redirects to wherever its path says. */
  function leading(): Promise<string> {
    return served((request, response) => {
      response.writeHead(307, { location: decodeURIComponent((request.url ?? "/").slice(1)) }).end();
    });
  }

  it.each([
    ...["127.0.0.2", "[::1]", "localhost", "a.localhost", "0.0.0.0", "2130706434", "0x7f.2", "[::ffff:127.0.0.2]"],
    ...["10.0.0.1", "192.168.0.1", "169.254.169.254", "[fd00::1]", "[64:ff9b::7f00:1]", "[::ffff:a9fe:a9fe]"],
  ])("should not be led by a server to %s, which only this machine reaches", async (host) => {
    const { upstream, http } = await upstreamAndHttp();
    const target = `http://${host}:${new URL(upstream.url).port}/stolen`;
    const asked = http.fetch(`${await leading()}/${encodeURIComponent(target)}`, { method: "POST", body: "prompt" });
    await expect(asked).rejects.toThrow(/a private address/);
    expect(upstream.paths).toEqual([]);
  });

  it("should not be led to a name of a private address, and find out at the moment of connecting", async () => {
    const answers = await new Promise((resolve) =>
      lookupPublic(hostname(), { all: true }, (error, found) => resolve(error === null ? found : error.message)),
    );
    // The machine's own name leads to an address of its own, if to any.
    expect(answers).toMatch(/a private address|ENOTFOUND|EAI_AGAIN/);
  });

  it("should be led to another port of the same host", async () => {
    const { upstream, http } = await upstreamAndHttp();
    const asked = await http.fetch(`${await leading()}/${encodeURIComponent(`${upstream.url}/there`)}`);
    expect([asked.ok, upstream.paths]).toEqual([true, ["/there"]]);
  });
});
