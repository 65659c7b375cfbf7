import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPlan } from "../../core/command-line.ts";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";
import { LmcSocket } from "../plugins/lmc/lmc-kit.ts";

const planted = "sk-planted-0123456789";

/** Takes down what it is asked, as an attacker's own server would. */
let thief: Server;
const stolen: string[] = [];
let started: TestHost;
let address: string;

beforeAll(async () => {
  thief = createServer((request, response) => {
    stolen.push(JSON.stringify(request.headers));
    response.writeHead(500).end();
  }).listen(0, "127.0.0.1");
  await once(thief, "listening");
  started = await startTestHost({
    config: {
      version: 1,
      plugins: {
        box: { use: "../fixtures/mcp/fake-box" },
        gpt: {
          use: "llm-openai",
          with: { model: "m", apiKey: planted, baseURL: "http://127.0.0.1:1/v1", retry: { attempts: 1 } },
        },
        actor: { use: "llm-scripted", with: { script: ["Hello."], repeat: true } },
        classic: {
          use: "lmc",
          with: { listen: "127.0.0.1:0", key: "none", flow: "chat", insecureRoutes: true },
        },
      },
      flows: { run: "box", chat: { fallback: ["gpt", "actor"] } },
    },
    cwd: import.meta.dirname,
    transports: true,
  });
  address = started.host.addresses[0] ?? "";
});
afterAll(async () => {
  await started[Symbol.asyncDispose]();
  thief.close();
});

const post = async (path: string, body: object) =>
  (await fetch(address + path, { method: "POST", body: JSON.stringify(body) })).text();
const host = (id: string) => {
  let found: { status: string; reason?: string } | undefined;
  started.host.status$.subscribe((all) => {
    found = all.find((each) => each.id === id);
  });
  return found;
};
const connect = (query: string) => LmcSocket.connect(`${address.replace("http", "ws")}/${query}`);

describe("a transport without a key", () => {
  it("should send no provider's key to an address of a client's", async () => {
    const theirs = `http://127.0.0.1:${(thief.address() as AddressInfo).port}/v1`;
    expect(await post("/settings", { llm: { api_base: theirs } })).toContain("403");
    const socket = await connect("");
    await socket.authenticate();
    socket.say("hello");
    await socket.completed();
    socket.socket.close();
    expect(stolen).toEqual([]);
    expect(started.host.settings.get("gpt")).toMatchObject({ baseURL: "http://127.0.0.1:1/v1", apiKey: "***" });
  });

  it("should open nobody's session by its name, over sockets and HTTP", async () => {
    const mine = await connect("?session=shared");
    await mine.authenticate();
    mine.say("mine");
    await mine.completed();
    const other = await connect("?session=shared");
    await other.authenticate();
    other.say("theirs");
    await other.completed();
    expect(JSON.stringify(other.frames)).toContain("belongs to somebody else");
    expect(await (await fetch(`${address}/settings/messages?session=shared`)).text()).not.toContain("mine");
    expect(await (await fetch(`${address}/download/a.txt?session=shared`)).text()).toContain(
      "belongs to somebody else",
    );
    expect(await post("/settings?session=shared", { messages: [] })).toContain("belongs to somebody else");
    mine.say("still here");
    await mine.completed(2);
    expect(JSON.stringify(mine.frames)).not.toContain("somebody else");
    for (const { socket } of [mine, other]) socket.close();
  });

  it("should keep what one client sets from the others", async () => {
    await post("/settings?session=one", { auto_run: true, system_message: "planted" });
    for (const query of ["", "?session=two"]) {
      expect(await (await fetch(`${address}/settings/system_message${query}`)).text()).not.toContain("planted");
      expect(await (await fetch(`${address}/settings/auto_run${query}`)).text()).toContain("false");
    }
    expect(await (await fetch(`${address}/settings/auto_run?session=one`)).text()).toContain("true");
  });

  it("should be refused to whoever says a foreign Host or Origin", async () => {
    for (const headers of [{ origin: "https://evil.test" }, { host: "evil.test" }]) {
      const { request } = await import("node:http");
      const asked = request(`${address}/settings/auto_run`, { headers }).end();
      const [response] = (await once(asked, "response")) as [{ statusCode: number; resume(): void }];
      response.resume();
      expect(response.statusCode).toBe(403);
    }
  });

  it("should be seen as such by everybody who looks at the host", () => {
    const { status, reason } = host("classic") ?? {};
    expect([status, reason]).toEqual(["degraded", "key: none lets every program of this machine connect"]);
  });

  it("should be asked for in so many words, on this machine alone, and warned of", async () => {
    const check = async (options: object) => {
      const config = {
        version: 1,
        plugins: { a: { use: "llm-scripted" }, classic: { use: "lmc", with: options } },
        flows: { chat: "a" },
      };
      const { problems } = await loadPlan({ config, cwd: import.meta.dirname, env: {} });
      return problems.map(({ severity, code }) => `${severity} ${code}`);
    };
    expect(await check({})).toEqual([]);
    expect(await check({ key: "none" })).toEqual(["warning SLUICE_CONFIG_KEYLESS"]);
    expect(await check({ key: "none", listen: "0.0.0.0:8000" })).toContain("error SLUICE_CONFIG_UNSAFE");
    expect(await check({ listen: "0.0.0.0:8000" })).toEqual(["error SLUICE_CONFIG_UNSAFE"]);
    expect(await check({ key: "", listen: "127.0.0.1:8000" })).toContain("error SLUICE_CONFIG_VALUE");
  });
});
