import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goodClients } from "./transport-good.ts";
import { key, secret, serveTransports, type Transports, tokens } from "./transport-host.ts";
import { detailError, hostError, judge, openaiError, parsed, rpcError, type Typed } from "./transport-judge.ts";
import { exchange, RawSocket, upgradeRequest } from "./transport-raw.ts";
import { type RequestParts, requestOf } from "./transport-requests.ts";
import { rpcMessages } from "./transport-web.ts";
import { subprotocol, WireTalk } from "./transport-wire.ts";

let transports: Transports;
let owner: WireTalk;
let socket: RawSocket;
/** Somebody else's, and under way during all of this. */
let run: string;

beforeAll(async () => {
  transports = await serveTransports();
  owner = new WireTalk(transports.port, transports.token, "owner");
  run = String((await owner.ask({ t: "open", flow: "long", input: { text: "go on" } }))["run"]);
  socket = await owner.socket();
  await socket.until(() => socket.messages.some((text) => text.includes(secret)));
});
afterAll(() => transports[Symbol.asyncDispose]());

/** Resolves when the owner has heard more of the run: whoever else would have, has by then. */
async function more(events = 5): Promise<void> {
  const before = socket.messages.length;
  const seen = socket.messages.map((text) => JSON.parse(text) as { event?: { seq: number } });
  socket.send(JSON.stringify({ t: "ack", run, seq: Math.max(0, ...seen.map(({ event }) => event?.seq ?? 0)) }));
  await socket.until(() => socket.messages.length >= before + events);
}

const wrongTokens = ["", "wrong", "main-token", "null", "undefined", "[object Object]", "\u0000"];
const foreignHosts = ["evil.test", "127.0.0.1", "127.0.0.1:1", "localhost.evil.test:80", "[::1]"];
const origins = ["https://evil.test", "null", "http://127.0.0.1", "https://127.0.0.1.evil.test", "file://"];
const chat = {
  path: "/v1/chat/completions",
  body: JSON.stringify({ model: "chat", messages: [{ role: "user", content: "x" }] }),
};
const tools = { path: "/mcp", body: JSON.stringify(rpcMessages[0]), headers: { "content-type": "application/json" } };
const classicRun = { path: "/run", body: JSON.stringify({ language: "python", code: "print x" }) };
const check = { path: "/monitor/api/profile/check", body: '{"text":"version: 1"}' };

interface HttpMount {
  readonly place: RequestParts;
  readonly status: number;
  readonly typed: Typed;
  /** How the token would be given. */
  readonly headers: (token: string) => Readonly<Record<string, string>>;
  readonly right: () => string;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const ownToken = () => transports.token;
const httpMounts: Readonly<Record<string, HttpMount>> = {
  "openai-api": { place: chat, status: 401, typed: openaiError, headers: bearer, right: ownToken },
  mcp: { place: tools, status: 401, typed: rpcError, headers: bearer, right: ownToken },
  lmc: {
    place: classicRun,
    status: 403,
    typed: detailError,
    headers: (each) => ({ "x-api-key": each }),
    right: () => key,
  },
  "web-monitor": {
    ...{ place: check, status: 401, typed: hostError, right: () => "x.3.9999999999999.forged" },
    headers: (each) => ({ cookie: `sluice-${transports.port}=${each}` }),
  },
  "web-monitor, its links": {
    ...{
      place: { path: "/monitor/api/links", body: "{}" },
      status: 401,
      typed: hostError,
      right: ownToken,
      headers: bearer,
    },
  },
};

async function refused(place: RequestParts, headers: Readonly<Record<string, string>>, status: number, typed: Typed) {
  const reply = await exchange(
    transports.port,
    requestOf(transports.port, { ...place, headers: { ...place.headers, ...headers } }),
  );
  const { said } = judge(reply, { typed: [typed] });
  expect(said).toMatch(new RegExp(`^${status} `));
  expect(reply.body + reply.head).not.toContain(secret);
  return said;
}

describe("who is not let in over HTTP", () => {
  it.each(Object.entries(httpMounts))("should be refused by %s, and start nothing", async (_name, transport) => {
    const { place, status, typed, headers, right } = transport;
    const before = (await transports.host.runs.list()).length;
    await refused(place, {}, status, typed);
    // A header cannot carry a NUL: HTTP itself refuses it.
    for (const token of wrongTokens.filter((each) => each !== "\u0000"))
      await refused(place, headers(token), status, typed);
    const path = `${place.path}?token=${right()}&key=${right()}&api_key=${right()}&access_token=${right()}`;
    await refused({ ...place, path }, {}, status, typed);
    await refused(place, { authorization: `Basic ${right()}` }, status, typed);
    for (const origin of origins) await refused(place, { ...headers(right()), origin }, 403, hostError);
    for (const host of foreignHosts) await refused(place, { ...headers(right()), host }, 403, hostError);
    expect((await transports.host.runs.list()).length).toBe(before);
  });

  it("should be refused the figures of the host", async () => {
    await refused({ method: "GET", path: "/metrics" }, {}, 401, hostError);
    await refused({ method: "GET", path: `/metrics?token=${transports.token}` }, bearer("wrong"), 401, hostError);
  });
});

describe("who is not let in over WebSockets", () => {
  it.each([
    ["websocket", subprotocol],
    ["lmc", {}],
  ] as const)("should be refused the upgrade by %s for a foreign Origin or Host", async (_name, headers) => {
    const wrong = [...origins.map((origin) => ({ origin })), ...foreignHosts.map((host) => ({ host }))];
    for (const each of wrong) {
      const bytes = upgradeRequest(transports.port, { ...headers, ...bearer(transports.token), ...each });
      const reply = await exchange(transports.port, bytes);
      expect(judge(reply, { typed: [] }, { upgrade: true }).said).toBe("403 refused");
      expect(reply.body).not.toContain(secret);
    }
  });

  it("should be refused the upgrade for a wrong token in a header or a subprotocol", async () => {
    const base64url = Buffer.from("wrong").toString("base64url");
    for (const headers of [
      bearer("wrong"),
      bearer(""),
      { "sec-websocket-protocol": `sluice.v1, bearer.${base64url}` },
    ]) {
      const reply = await exchange(transports.port, upgradeRequest(transports.port, { ...subprotocol, ...headers }));
      expect(reply.status).toBe(401);
    }
  });

  it("should hear of a wrong, missing, used or expired token alone, and then the close", async () => {
    const { result } = await owner.ask({ t: "call", method: "ticket.create", params: { role: "read" } });
    const { ticket } = result as { ticket: string };
    await more();
    for (const token of [...wrongTokens, ticket, undefined]) {
      const stranger = await RawSocket.connect(transports.port, subprotocol, `/?token=${transports.token}`);
      stranger.send(JSON.stringify({ t: "hello", client: "owner", token, resume: [{ run, after: 0 }] }));
      stranger.send(JSON.stringify({ t: "follow", id: "1", run }));
      await stranger.until(() => stranger.gone);
      expect(await stranger.closed).toBe(4401);
      expect(stranger.messages.map((text) => (parsed(text) as { code: string }).code)).toEqual(["SLUICE_WIRE_AUTH"]);
    }
  });

  it("should hear nothing before hello, however long the run goes on", async () => {
    const stranger = await RawSocket.connect(transports.port, subprotocol);
    stranger.send(JSON.stringify({ t: "follow", id: "1", run }));
    await more(20);
    expect(stranger.messages).toEqual([]);
    await stranger.close();
  });

  it("should hear auth: false of the LMC transport, and of no answer", async () => {
    const stranger = await RawSocket.connect(transports.port, {}, `/?auth=${key}&session=owner`);
    const frames = [
      { auth: "wrong" },
      { auth: null },
      { role: "user", start: true },
      { role: "user", content: "x" },
      { role: "user", end: true },
    ];
    for (const frame of frames) stranger.send(JSON.stringify(frame));
    await stranger.until(() => stranger.messages.length === frames.length);
    await more(20);
    expect(stranger.messages).toEqual(frames.map(() => '{"auth":false}'));
    await stranger.close();
  });
});

const tokenOf = (role: string) => tokens.find(({ name }) => name === role)?.token ?? "";
const settings = { t: "call", method: "settings.set", params: { instance: "actor", values: { delay: 1 } } };

describe("whose role is not enough", () => {
  it.each([
    [
      "read",
      [
        { t: "open", input: { text: "x" } },
        { t: "open", flow: "run", input: { code: "x" } },
        { t: "cancel" },
        { t: "interrupt" },
      ],
    ],
    [
      "read",
      [
        { t: "input", kind: "stdin", text: "x" },
        { t: "call", method: "files.list", params: { session: "s" } },
        settings,
      ],
    ],
    [
      "read",
      [
        { t: "call", method: "ticket.create", params: { role: "run" } },
        { t: "call", method: "sessions.close", params: { session: "s" } },
      ],
    ],
    [
      "run",
      [
        { t: "cancel" },
        { t: "cancel", scope: "step" },
        { t: "interrupt" },
        { t: "input", kind: "message", text: "x" },
        settings,
      ],
    ],
    ["operate", [settings, { t: "call", method: "ticket.create", params: { role: "configure" } }]],
  ] as const)("should be told so over the wire with %s, and nothing else", async (role, frames) => {
    const talk = new WireTalk(transports.port, tokenOf(role), "owner");
    const before = (await transports.host.runs.list()).length;
    for (const frame of frames) {
      const mine = ["cancel", "interrupt", "input"].includes(frame.t) ? { run } : {};
      const answer = await talk.ask({ ...mine, ...frame });
      expect(answer, JSON.stringify(frame)).toMatchObject({ t: "error", code: "SLUICE_WIRE_FORBIDDEN" });
    }
    await more();
    const { messages } = await talk.socket();
    const kinds = messages.map((text) => (parsed(text) as { t: string }).t).filter((type) => type !== "beat");
    expect(kinds).toEqual(["welcome", ...frames.map(() => "error")]);
    await talk.end();
    expect((await transports.host.runs.list()).length).toBe(before);
    expect(transports.host.runs.active).toBe(1);
  });

  it("should be told so by tools that start something", async () => {
    const before = (await transports.host.runs.list()).length;
    for (const [name, message] of [
      ["run_code", rpcMessages[0]],
      ["ask", rpcMessages[1]],
      ["put_files", rpcMessages[2]],
    ] as const) {
      const headers = {
        ...{
          ...bearer(tokenOf("read")),
          accept: "application/json, text/event-stream",
          "content-type": "application/json",
        },
        ...{ "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name },
      };
      const { body } = await exchange(
        transports.port,
        requestOf(transports.port, { path: "/mcp", headers, body: JSON.stringify(message) }),
      );
      expect(body).toContain("SLUICE_WIRE_FORBIDDEN");
      expect(body).not.toContain(secret);
    }
    expect((await transports.host.runs.list()).length).toBe(before);
  });

  it("should be told so by the page's routes, with the mark and without it", async () => {
    const { body } = await exchange(
      transports.port,
      requestOf(transports.port, {
        path: "/monitor/api/links",
        headers: bearer(transports.token),
        body: '{"role":"read"}',
      }),
    );
    const { cookie, csrf } = await goodClients(transports.port, transports.token).signIn(
      (JSON.parse(body) as { link: string }).link,
    );
    const writes = [
      "instances/actor/restart",
      "instances/actor/level",
      "models/actor/test",
      "sandboxes/x/stop",
      "profile/apply",
      "profile/undo",
    ];
    for (const path of writes) {
      const place = { path: `/monitor/api/${path}`, body: '{"level":"debug"}' };
      expect(await refused(place, { cookie, "x-sluice-csrf": csrf }, 403, hostError)).toBe("403 SLUICE_WIRE_FORBIDDEN");
      expect(await refused(place, { cookie }, 403, hostError)).toBe("403 SLUICE_WIRE_FORBIDDEN");
    }
    await refused({ method: "GET", path: `/monitor/api/runs/${run}/file?path=a` }, { cookie }, 403, hostError);
  });
});
