import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { HttpMount, SocketMount, TransportSocket } from "../../../core/kit/index.ts";
import { HttpServerService } from "../../../plugins/http-server/service.ts";
import { exchange } from "../../contract/transport-raw.ts";
import { httpConfig, silentLog } from "../websocket/websocket-kit.ts";
import { rawRequest } from "./http-kit.ts";

const listen = "127.0.0.1:0";
const service = (config: Partial<typeof httpConfig> = {}) =>
  new HttpServerService({ ...httpConfig, ...config }, silentLog);

const echo = (path: string, more: Partial<HttpMount> = {}): HttpMount => ({
  listen,
  path,
  methods: ["GET", "POST"],
  handle: (request, response, body) => {
    response.end(JSON.stringify({ path, method: request.method, body: body.toString() }));
  },
  ...more,
});

const socketMount = (more: Partial<SocketMount> = {}): SocketMount => ({
  listen,
  path: "/",
  subprotocol: null,
  authorize: () => ({ accept: true }),
  connected: (socket) => socket.onMessage((data) => socket.send(data.toString())),
  ...more,
});

describe("the HTTP server", () => {
  it("should serve mounts by path, the longest fit first", async () => {
    await using http = service();
    const { address } = await http.mountHttp(echo("/*"));
    await http.mountHttp(echo("/settings/*"));
    await http.mountHttp(echo("/settings/llm"));
    const pathOf = async (path: string) => ((await (await fetch(address + path)).json()) as { path: string }).path;
    expect(await pathOf("/other?x=1")).toBe("/*");
    expect(await pathOf("/settings/a")).toBe("/settings/*");
    expect(await pathOf("/settings/llm")).toBe("/settings/llm");
  });

  it("should give bodies of any type whole, and refuse one that is too large with 413", async () => {
    await using http = service({ bodyLimit: 100 });
    const { address } = await http.mountHttp(echo("/a"));
    const headers = { "content-type": "application/x-odd" };
    const answer = await fetch(`${address}/a`, { method: "POST", headers, body: "hello" });
    expect(await answer.json()).toEqual({ path: "/a", method: "POST", body: "hello" });
    expect((await fetch(`${address}/a`, { method: "POST", body: "x".repeat(101) })).status).toBe(413);
  });

  it("should answer 404 and 405 with a typed error", async () => {
    await using http = service();
    const { address } = await http.mountHttp(echo("/a"));
    const missing = await fetch(`${address}/b`);
    expect([missing.status, await missing.json()]).toMatchObject([404, { error: { code: "SLUICE_WIRE_PROTOCOL" } }]);
    const wrong = await fetch(`${address}/a`, { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, POST"]);
  });

  it("should answer a request that never comes to its end with 408, in its head or in its body", async () => {
    await using http = service({ handshakeTimeout: 50, requestTimeout: 50 });
    const { address } = await http.mountHttp(echo("/a"));
    const { host, port } = new URL(address);
    const head = `POST /a HTTP/1.1\r\nhost: ${host}\r\n`;
    for (const half of ["POST /a HT", head, `${head}content-length: 5\r\n\r\nab`]) {
      const { status, body } = await exchange(Number(port), Buffer.from(half));
      expect([status, JSON.parse(body)]).toMatchObject([408, { error: { code: "SLUICE_WIRE_PROTOCOL" } }]);
    }
  });

  it("should answer for a mount that throws, and serve on", async () => {
    await using http = service();
    const broken = echo("/broken", { handle: () => Promise.reject(new Error("no")) });
    const { address } = await http.mountHttp(broken);
    const answer = await fetch(`${address}/broken`);
    expect([answer.status, await answer.json()]).toMatchObject([500, { error: { code: "SLUICE_INTERNAL" } }]);
    expect((await fetch(`${address}/broken`)).status).toBe(500);
  });

  it("should refuse a Host that is not its own and an origin that is not listed, for HTTP as for sockets", async () => {
    await using http = service({ origins: ["https://example.org"], hosts: ["sluice.test"] });
    const { address } = await http.mountHttp(echo("/a"));
    const { port } = new URL(address);
    const ask = async (host: string, more = "") =>
      (await rawRequest(address, `GET /a HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`)).slice(9, 12);
    expect(await ask(`127.0.0.1:${port}`)).toBe("200");
    expect(await ask(`localhost:${port}`)).toBe("200");
    expect(await ask("sluice.test")).toBe("200");
    expect(await ask(`evil.test:${port}`)).toBe("403");
    expect(await ask(`127.0.0.1:${port}`, "Origin: https://example.org\r\n")).toBe("200");
    expect(await ask(`127.0.0.1:${port}`, "Origin: https://evil.test\r\n")).toBe("403");
    expect(await ask(`127.0.0.1:${port}`, `Origin: http://127.0.0.1:${port}\r\n`)).toBe("403");
  });

  it("should let the address's own origin in while a mount serves pages there", async () => {
    await using http = service();
    const { address } = await http.mountHttp(echo("/a"));
    const ask = async () => (await fetch(`${address}/a`, { headers: { origin: address } })).status;
    expect(await ask()).toBe(403);
    const page = await http.mountHttp(echo("/", { pages: true }));
    expect(await ask()).toBe(200);
    await page[Symbol.asyncDispose]();
    expect(await ask()).toBe(403);
  });

  it("should refuse two mounts that claim one place, and let both be on different ones", async () => {
    await using http = service();
    await http.mountHttp(echo("/a"));
    await http.mountSocket(socketMount());
    await expect(http.mountHttp(echo("/a"))).rejects.toMatchObject({ code: "SLUICE_MOUNT_CLAIMED" });
    await expect(http.mountSocket(socketMount())).rejects.toMatchObject({ code: "SLUICE_MOUNT_CLAIMED" });
    await http.mountSocket(socketMount({ subprotocol: "sluice.v1" }));
    await http.mountHttp(echo("/a", { methods: ["DELETE"] }));
  });

  it("should name the address, and the process, when a port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await using http = service();
    const taken = http.mountHttp(echo("/a", { listen: `127.0.0.1:${port}` }));
    await expect(taken).rejects.toMatchObject({
      code: "SLUICE_PORT_TAKEN",
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
    if (process.platform === "linux") {
      await expect(http.mountHttp(echo("/a", { listen: `127.0.0.1:${port}` }))).rejects.toThrow(`(pid ${process.pid})`);
    }
    other.close();
    await once(other, "close");
    expect((await http.mountHttp(echo("/a", { listen: `127.0.0.1:${port}` }))).address).toBe(
      `http://127.0.0.1:${port}`,
    );
  });

  it("should free the port with its last mount, and take it again with the next", async () => {
    await using http = service();
    const first = await http.mountHttp(echo("/a"));
    const fixed = first.address.slice("http://".length);
    const second = await http.mountHttp(echo("/b"));
    await first[Symbol.asyncDispose]();
    expect((await fetch(`${second.address}/a`)).status).toBe(404);
    await second[Symbol.asyncDispose]();
    await expect(fetch(`${second.address}/b`)).rejects.toThrow();
    const third = await http.mountHttp(echo("/c", { listen: fixed }));
    expect((await fetch(`${third.address}/c`)).status).toBe(200);
  });

  it("should lead sockets to mounts by subprotocol, and those without to the one that wants none", async () => {
    await using http = service();
    const greet = (text: string) => (socket: TransportSocket) => socket.send(text);
    const { address } = await http.mountSocket(socketMount({ connected: greet("none") }));
    await http.mountSocket(socketMount({ subprotocol: "one", connected: greet("one") }));
    await http.mountSocket(socketMount({ subprotocol: "two", connected: greet("two") }));
    const heard = async (protocols: string[]) => {
      const socket = new WebSocket(address.replace("http", "ws"), protocols);
      const [data] = await once(socket, "message");
      socket.close();
      return `${socket.protocol}:${data}`;
    };
    expect(await heard([])).toBe(":none");
    expect(await heard(["two", "one"])).toBe("one:one");
    expect(await heard(["other", "two"])).toBe("two:two");
  });

  it("should close the sockets of a mount that is removed with 1001, and leave those of others", async () => {
    await using http = service();
    const first = await http.mountSocket(socketMount());
    const second = await http.mountSocket(socketMount({ path: "/other" }));
    const [gone, stays] = [first.address, `${second.address}/other`].map(
      (at) => new WebSocket(at.replace("http", "ws")),
    );
    await Promise.all([gone, stays].map((socket) => socket && once(socket, "open")));
    const closed = gone && once(gone, "close");
    await first[Symbol.asyncDispose]();
    expect((await closed)?.[0]).toBe(1001);
    stays?.send("still here");
    expect(String((stays && (await once(stays, "message")))?.[0])).toBe("still here");
  });

  it("should end a socket that does not answer its close", async () => {
    const http = service({ closeTimeout: 50 });
    const { address } = await http.mountSocket(socketMount());
    const socket = new WebSocket(address.replace("http", "ws"));
    await once(socket, "open");
    socket.pause();
    await http[Symbol.asyncDispose]();
    socket.resume();
    await once(socket, "close");
  });
});
