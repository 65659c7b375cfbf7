import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPaths, rotateToken } from "../../core/command-line.ts";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";
import { goodClients } from "./transport-good.ts";
import { exchange, RawSocket } from "./transport-raw.ts";
import { type RequestParts, requestOf } from "./transport-requests.ts";

const listen = "127.0.0.1:0";
const keptToken = "kept-token-0123456789";
let started: TestHost;
let port: number;
let old: string;
let current: string;

/** Sockets and a page that the old token let in, and what it was given. */
const sockets = new Map<string, RawSocket>();
let cookie: string;
let link: string;
/** Of a link that shows a run, the headers that open it. */
let shown: Record<string, string>;
let protocolSession: string;

const ask = (parts: RequestParts) => exchange(port, requestOf(port, parts));
const json = { "content-type": "application/json" };

beforeAll(async () => {
  started = await startTestHost({
    config: {
      version: 1,
      plugins: {
        actor: { use: "llm-scripted", with: { script: ["Hello."], repeat: true } },
        wire: { use: "websocket", with: { listen, tokens: [{ name: "other", role: "run", token: keptToken }] } },
        classic: { use: "lmc", with: { listen } },
        api: { use: "openai-api", with: { listen } },
        tools: { use: "mcp", with: { listen } },
        page: { use: "web-monitor", with: { listen } },
      },
      flows: { chat: "actor" },
    },
    transports: true,
  });
  port = Number(new URL(started.host.addresses[0] ?? "").port);
  old = started.host.info.token ?? "";
  await connect("header", {}, { authorization: `Bearer ${old}` });
  await connect("hello", { token: old });
  await connect("kept", { token: keptToken });
  const page = goodClients(port, old);
  const { body } = await ask({ path: "/monitor/api/links", headers: { ...json, ...bearer(old) }, body: "{}" });
  const signedIn = await page.signIn((JSON.parse(body) as { link: string }).link);
  cookie = signedIn.cookie;
  const { run, done } = started.host.runs.open({ flow: "chat", input: { text: "hello" } });
  await done;
  await started.host.runs.list({ run });
  const asPage = { ...json, cookie, "x-sluice-csrf": signedIn.csrf };
  const share = await ask({ path: `/monitor/api/runs/${run}/link`, headers: asPage, body: "{}" });
  shown = { "x-sluice-share": (JSON.parse(share.body) as { link: string }).link.split("share=")[1] ?? "" };
  expect((await ask({ method: "GET", path: "/monitor/api/shared", headers: shown })).status).toBe(200);
  await connect("page", {}, { cookie });
  link = started.host.link() ?? "";
  const unsaid = await RawSocket.connect(port, { "sec-websocket-protocol": "sluice.v1", ...bearer(old) });
  sockets.set("unsaid", unsaid);
  const classic = await RawSocket.connect(port, {});
  classic.send(JSON.stringify({ auth: old }));
  await classic.until(() => classic.messages.includes('{"auth":true}'));
  sockets.set("classic", classic);
  protocolSession = /mcp-session-id: (\S+)/i.exec((await initialize(old)).head)?.[1] ?? "";
  current = rotateToken(hostPaths({ SLUICE_HOME: started.home }).state);
});
afterAll(async () => {
  for (const socket of sockets.values()) await socket.close();
  await started[Symbol.asyncDispose]();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function connect(name: string, hello: object, headers: Record<string, string> = {}): Promise<void> {
  const socket = await RawSocket.connect(port, { "sec-websocket-protocol": "sluice.v1", ...headers });
  socket.send(JSON.stringify({ t: "hello", client: name, ...hello }));
  await socket.until(() => socket.messages.some((text) => text.includes('"welcome"')));
  sockets.set(name, socket);
}

const initialize = (token: string) =>
  ask({
    path: "/mcp",
    headers: { ...json, ...bearer(token), accept: "application/json, text/event-stream" },
    body: JSON.stringify({
      ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
    }),
  });

describe("a token that was replaced while the host runs", () => {
  it.each(["header", "hello", "page", "unsaid", "classic"])(
    "should end the socket that it let in by %s",
    async (name) => {
      const socket = sockets.get(name);
      if (socket === undefined) throw new Error(name);
      await socket.until(() => socket.gone);
      expect(await socket.closed).toBe(name === "classic" ? 1008 : 4401);
    },
  );

  it("should leave sockets of other tokens alone", () => {
    expect(sockets.get("kept")?.gone).toBe(false);
  });

  const requests: readonly (readonly [string, (token: string) => RequestParts])[] = [
    ["openai-api", (token) => ({ method: "GET", path: "/v1/models", headers: bearer(token) })],
    ["lmc", (token) => ({ method: "GET", path: "/settings/auto_run", headers: { "x-api-key": token } })],
    [
      "the page's links",
      (token) => ({ path: "/monitor/api/links", headers: { ...json, ...bearer(token) }, body: "{}" }),
    ],
    ["the figures", (token) => ({ method: "GET", path: "/metrics", headers: bearer(token) })],
  ];
  it.each(requests)("should be taken by %s no longer, and the new one at once", async (_what, request) => {
    expect([401, 403]).toContain((await ask(request(old))).status);
    expect((await ask(request(current))).status).toBe(200);
  });

  it("should be taken by mcp no longer, nor open the session that it began", async () => {
    expect((await initialize(old)).status).toBe(401);
    expect((await initialize(current)).status).toBe(200);
    const headers = { ...json, "mcp-session-id": protocolSession, accept: "application/json, text/event-stream" };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/list" });
    expect((await ask({ path: "/mcp", headers: { ...headers, ...bearer(old) }, body })).status).toBe(401);
    expect((await ask({ path: "/mcp", headers: { ...headers, ...bearer(current) }, body })).status).toBe(404);
  });

  it("should be taken by the wire no longer, and the new one at once", async () => {
    const refused = await RawSocket.connect(port, { "sec-websocket-protocol": "sluice.v1" });
    refused.send(JSON.stringify({ t: "hello", client: "late", token: old }));
    await refused.until(() => refused.gone);
    expect(await refused.closed).toBe(4401);
    await connect("new", { token: current });
    expect(sockets.get("new")?.gone).toBe(false);
  });

  it("should end what pages hold: cookies, and links that nobody has used", async () => {
    expect((await ask({ method: "GET", path: "/monitor/api/instances", headers: { cookie } })).status).toBe(401);
    const token = new URL(link).hash.replace("#token=", "");
    const body = JSON.stringify({ token });
    expect((await ask({ path: "/monitor/api/session", headers: json, body })).status).toBe(401);
  });

  it("should end the links that show a run", async () => {
    expect((await ask({ method: "GET", path: "/monitor/api/shared", headers: shown })).status).toBe(401);
  });

  it("should be masked like the new one", async () => {
    const handle = started.host.runs.open({ flow: "chat", input: { text: `${old} ${current}` } });
    let told = "";
    for await (const event of handle.events()) told += JSON.stringify(event);
    expect(told).toContain("*** ***");
    expect(told).not.toMatch(new RegExp(`${old}|${current}`));
  });
});
