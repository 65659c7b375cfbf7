import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Monitor } from "./monitor-kit.ts";

let monitor: Monitor;

beforeAll(async () => {
  monitor = await Monitor.start();
});

afterAll(async () => {
  await monitor?.[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** With headers that `fetch` would not let one choose. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${monitor.address}${path}`, { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const tokenOf = (link: string) => new URL(link).hash.replace("#token=", "");

/** The cookie of somebody who has come by a link. */
async function signIn(role?: "read" | "configure"): Promise<{ cookie: string; csrf: string }> {
  const token = tokenOf(await monitor.link(role));
  const { headers } = await ask("POST", "/monitor/api/session", {}, { token });
  const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const { body } = await ask("GET", "/monitor/api/session", { cookie });
  return { cookie, csrf: (JSON.parse(body) as { csrf: string }).csrf };
}

/** The code with which an upgrade is refused, or `welcome` when it is let in. */
function upgrade(headers: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(monitor.address.replace("http", "ws"), ["sluice.v1"], { headers });
    socket.on("unexpected-response", (_request, response) => resolve(String(response.statusCode)));
    socket.on("open", () => socket.send(JSON.stringify({ t: "hello", client: "test" })));
    socket.on("message", (data) => {
      const frame = JSON.parse(data.toString()) as { t: string };
      if (frame.t !== "welcome") return;
      resolve("welcome");
      socket.close();
    });
    socket.on("close", (code) => resolve(String(code)));
    socket.on("error", () => undefined);
  });
}

describe("who may see the monitor", () => {
  it("should turn a link into a cookie once, and refuse it when it comes again", async () => {
    const token = tokenOf(await monitor.link());
    const first = await ask("POST", "/monitor/api/session", {}, { token });
    expect(first.status).toBe(200);
    expect(first.headers["set-cookie"]?.[0]).toMatch(
      /^sluice-\d+=[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
    );
    const replayed = await ask("POST", "/monitor/api/session", {}, { token });
    expect(replayed.status).toBe(401);
    expect(replayed.headers["set-cookie"]).toBeUndefined();
    expect(replayed.body).toContain("sluice monitor");
  });

  it("should answer nobody who is not signed in", async () => {
    for (const path of [
      "session",
      "instances",
      "profile",
      "models",
      "sandboxes",
      "flows",
      "tap/box",
      "runs/r-1/bundle",
    ]) {
      expect((await ask("GET", `/monitor/api/${path}`)).status, path).toBe(401);
    }
    expect((await ask("GET", "/metrics")).status).toBe(401);
    expect((await ask("POST", "/monitor/api/links", { authorization: "Bearer wrong" }, {})).status).toBe(401);
    expect((await ask("GET", "/monitor/api/instances", { cookie: "sluice-1=a.3.9999999999999.x" })).status).toBe(401);
    expect(await upgrade({})).toBe("4401");
  });

  it("should refuse a cookie whose role was changed", async () => {
    const { cookie } = await signIn("read");
    const forged = cookie.replace(/\.0\./, ".3.");
    expect(forged).not.toBe(cookie);
    expect((await ask("GET", "/monitor/api/instances", { cookie: forged })).status).toBe(401);
  });

  it("should refuse a foreign Host and a foreign Origin, on requests and on upgrades", async () => {
    const { cookie } = await signIn();
    const host = new URL(monitor.address).host;
    for (const headers of [{ host: "evil.example" }, { host: `evil.example:${new URL(monitor.address).port}` }]) {
      expect((await ask("GET", "/monitor/", headers)).status).toBe(403);
    }
    for (const origin of ["https://evil.example", "null", `http://${host}.evil.example`, `https://${host}`]) {
      expect((await ask("GET", "/monitor/api/instances", { cookie, origin })).status, origin).toBe(403);
      expect(await upgrade({ cookie, origin }), origin).toBe("403");
    }
    expect(await upgrade({ cookie, host: "evil.example" })).toBe("403");
    expect(await upgrade({ cookie, origin: monitor.address })).toBe("welcome");
  });

  it("should refuse writes without the page's own mark", async () => {
    const { cookie, csrf } = await signIn();
    const write = (headers: Record<string, string>) =>
      ask("POST", "/monitor/api/instances/quick/level", { cookie, ...headers }, { level: "debug" });
    expect((await write({})).status).toBe(403);
    expect((await write({ "x-sluice-csrf": "guess" })).status).toBe(403);
    const other = await signIn();
    expect((await write({ "x-sluice-csrf": other.csrf })).status).toBe(403);
    expect((await write({ "x-sluice-csrf": csrf })).status).toBe(200);
  });

  it("should let the role read look, and refuse all it would change", async () => {
    const { cookie, csrf } = await signIn("read");
    const headers = { cookie, "x-sluice-csrf": csrf };
    const before = monitor.text;
    expect((await ask("GET", "/monitor/api/instances", headers)).status).toBe(200);
    const { revision } = JSON.parse((await ask("GET", "/monitor/api/profile", headers)).body) as { revision: string };
    for (const [path, body] of [
      ["instances/quick/restart", {}],
      ["instances/quick/level", { level: "debug" }],
      ["models/quick/test", {}],
      ["sandboxes/x/stop", {}],
      ["sandboxes-clean", {}],
      ["profile/apply", { text: before.replace("quick-mini", "stolen"), revision }],
      ["profile/undo", {}],
    ] as const) {
      const { status, body: answer } = await ask("POST", `/monitor/api/${path}`, headers, body);
      expect(status, path).toBe(403);
      expect(answer).toContain("SLUICE_WIRE_FORBIDDEN");
    }
    expect(monitor.text).toBe(before);
  });

  it("should end a session at its sign-out", async () => {
    const { cookie, csrf } = await signIn();
    await ask("DELETE", "/monitor/api/session", { cookie, "x-sluice-csrf": csrf });
    expect((await ask("GET", "/monitor/api/instances", { cookie })).status).toBe(401);
    expect(await upgrade({ cookie })).toBe("4401");
  });
});

describe("what the monitor serves", () => {
  it("should forbid frames, sniffing, foreign scripts and eval", async () => {
    const { headers, body } = await ask("GET", "/monitor/runs/anything");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-(eval|inline)/);
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "DENY" });
    const [, nonce] = /nonce-([^']+)/.exec(policy) ?? [];
    expect(body).toContain(String(nonce));
    const again = await ask("GET", "/monitor/");
    expect(again.headers["content-security-policy"]).not.toContain(String(nonce));
  });

  it("should serve nothing beside the page's own files", async () => {
    for (const path of [
      "../package.json",
      "..%2fpackage.json",
      "assets/../../plugin.json",
      "%2e%2e/plugin.json",
      "nothing.js",
    ]) {
      const { status, body } = await ask("GET", `/monitor/${path}`);
      expect(status === 404 || body.startsWith("<!doctype html>"), path).toBe(true);
      expect(body).not.toContain('"version"');
    }
  });

  it("should tell health to anybody and figures to whoever has the token", async () => {
    expect((await ask("GET", "/healthz")).body).toBe('{"status":"ok"}');
    const { status, body } = await ask("GET", "/metrics", { authorization: `Bearer ${monitor.host.info.token}` });
    expect(status).toBe(200);
    expect(body).toMatch(/^sluice_info\{version="[^"]+"\} 1$/m);
    expect(body).toMatch(
      /^sluice_instance_status\{instance="quick",plugin="llm-scripted",kind="model",status="ok"\} 1$/m,
    );
    expect(body).toMatch(/^sluice_events_total\{source="core",type="\S+"\} \d+$/m);
    for (const line of body.trim().split("\n"))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? -?[\d.e+-]+)$/);
  });

  it("should leave an audit event for every write", async () => {
    const { cookie, csrf } = await signIn();
    const from = monitor.host.feed.last;
    await ask("POST", "/monitor/api/instances/quick/restart", { cookie, "x-sluice-csrf": csrf }, {});
    const { entries } = monitor.host.feed.read(from, 100, ({ type }) => type === "audit");
    expect(entries.map(({ event }) => event.data)).toMatchObject([
      { action: "instance.restart", client: "monitor:configure", target: "quick" },
    ]);
  });
});
