import { expect } from "vitest";
import { ClassicTalk } from "./transport-classic.ts";
import { key } from "./transport-host.ts";
import { exchange, type Reply } from "./transport-raw.ts";
import { type RequestParts, requestOf } from "./transport-requests.ts";
import { rpcMessages } from "./transport-web.ts";
import { WireTalk } from "./transport-wire.ts";

/** A client of each transport that does everything right, and is to be served. */
export function goodClients(port: number, token: string) {
  const ask = (parts: RequestParts): Promise<Reply> => exchange(port, requestOf(port, parts));
  const post = (path: string, body: object, headers: Record<string, string>) =>
    ask({ path, body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } });
  const bearer = { authorization: `Bearer ${token}` };
  const classicKey = { "x-api-key": key };
  return {
    async healthz() {
      expect((await ask({ method: "GET", path: "/healthz" })).body).toBe('{"status":"ok"}');
    },
    wire: () => wireClient(port, token),
    classic: () => classicClient(port),
    async classicRoutes() {
      const run = await post("/run", { language: "python", code: "print 42" }, classicKey);
      expect(run.body).toContain("42");
      const { body } = await post(
        "/openai/chat/completions",
        { messages: [{ role: "user", content: "hi" }] },
        classicKey,
      );
      expect(body).toContain("Hello.");
    },
    set(settings: object | string): Promise<Reply> {
      const body = typeof settings === "string" ? settings : JSON.stringify(settings);
      return ask({ path: "/settings", body, headers: classicKey });
    },
    async openai() {
      const messages = [{ role: "user", content: "hi" }];
      expect((await post("/v1/chat/completions", { model: "chat", messages }, bearer)).body).toContain("Hello.");
    },
    async mcp() {
      const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "run_code" };
      const headers = { ...bearer, ...modern, accept: "application/json, text/event-stream" };
      expect((await post("/mcp", rpcMessages[0] ?? {}, headers)).body).toContain('"status":"ok"');
    },
    async signIn(link: string) {
      const linked = new URL(link).hash.replace("#token=", "");
      const { head } = await post("/monitor/api/session", { token: linked }, {});
      const cookie = /set-cookie: ([^;]+)/i.exec(head)?.[1] ?? "";
      const { body } = await ask({ method: "GET", path: "/monitor/api/session", headers: { cookie } });
      return { cookie, csrf: (JSON.parse(body) as { csrf: string }).csrf };
    },
    async monitor(cookie: string) {
      const { body } = await ask({ method: "GET", path: "/monitor/api/instances", headers: { cookie } });
      expect(body).toContain('"id":"actor"');
    },
  };
}

async function wireClient(port: number, token: string): Promise<void> {
  const talk = new WireTalk(port, token, "good");
  const { t } = await talk.ask({ t: "open", flow: "chat", input: { text: "hi" }, id: "x" });
  expect(t).toBe("opened");
  const socket = await talk.socket();
  await socket.until(() => socket.messages.some((text) => text.includes('"run-end"')));
  const told = socket.messages.join("");
  expect(told).toContain("Hello.");
  expect(told).toContain('"status":"ok"');
  await talk.end();
}

async function classicClient(port: number): Promise<void> {
  const talk = new ClassicTalk(port);
  const socket = await talk.socket();
  const parts = [{ start: true }, { type: "message", content: "hi" }, { end: true }];
  for (const part of parts) socket.send(JSON.stringify({ role: "user", ...part }));
  await socket.until(() => socket.messages.some((text) => text.includes('"complete"')));
  expect(socket.messages.join("")).toContain("Hello.");
  await talk.end();
}
