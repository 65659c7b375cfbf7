import fc from "fast-check";
import { key } from "./transport-host.ts";
import { malformedJson } from "./transport-inputs.ts";
import {
  detailError,
  hostError,
  type Input,
  type Judge,
  judge,
  openaiError,
  rpcError,
  type Verdict,
} from "./transport-judge.ts";
import { exchange, type Reply } from "./transport-raw.ts";
import { malformedRequests, type RequestParts, requestOf } from "./transport-requests.ts";

/** A place of a transport, and valid bodies for it. */
export interface Place extends RequestParts {
  readonly valid?: readonly object[];
  readonly judge: Judge;
}

const asJson = { "content-type": "application/json" };

/** Malformed bodies at every place, and malformed HTTP at the first one. */
export function webInputs(port: number, places: readonly [Place, ...Place[]]): fc.Arbitrary<Input> {
  const bodies = places
    .filter(({ valid }) => valid !== undefined)
    .map((place) =>
      malformedJson(place.valid ?? []).map(({ kind, content }) => ({
        kind: `${place.path}: ${kind}`,
        shown: content.toString("utf8"),
        send: async () => {
          const headers = { ...asJson, ...place.headers };
          return judge(await exchange(port, requestOf(port, { ...place, headers, body: content })), place.judge);
        },
      })),
    );
  const [first] = places;
  const right = { ...first, headers: { ...asJson, ...first.headers }, body: JSON.stringify(first.valid?.[0] ?? {}) };
  const requests = malformedRequests(port, right).map(({ kind, content: { bytes, end, mayClose } }) => ({
    kind: `HTTP: ${kind}`,
    shown: bytes.toString("latin1"),
    send: async () => {
      const reply = await exchange(port, bytes, { end });
      const head = /^HEAD /.test(bytes.toString("latin1", 0, 5));
      if (head && reply.status > 0 && reply.status < 500) return { said: `${reply.status} to HEAD` };
      const typed = [...first.judge.typed, hostError];
      return judge(reply, { ...first.judge, typed }, { mayClose, upgrade: kind === "upgrade" });
    },
  }));
  return bodies.length === 0 ? requests : fc.oneof(fc.oneof(...bodies), requests);
}

/** Data of server-sent events, or the one JSON value that is the body. */
function messagesIn({ body, head }: Reply): readonly string[] {
  if (!/content-type: text\/event-stream/i.test(head)) return [body];
  return body.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice("data: ".length)] : []));
}

const object = (said: string) => (_reply: Reply, body: unknown) =>
  typeof body === "object" && body !== null ? { said } : undefined;

export function openaiPlaces(token: string): readonly [Place, ...Place[]] {
  const headers = { authorization: `Bearer ${token}` };
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "assistant", content: "Yes?" },
    { role: "user", content: [{ type: "text", text: "hi" }] },
  ];
  const success = (reply: Reply): Verdict | undefined => {
    const answers = messagesIn(reply);
    const whole = answers.length > 1 ? answers.at(-1) === "[DONE]" : answers[0]?.includes('"chat.completion"');
    if (whole) return { said: "an answer", runs: 1 };
    return reply.body.includes('"object":"list"') ? { said: "the list" } : undefined;
  };
  const judge = { typed: [openaiError], success };
  const ask = { model: "chat", messages: [{ role: "user", content: "hi" }], n: 1, tools: [], temperature: 0.5 };
  const stream = { model: "actor", messages, stream: true, stream_options: { include_usage: true } };
  const path = "/v1/chat/completions";
  return [
    { path, headers, judge, valid: [ask, stream] },
    { path: "/v1/models/__proto__", method: "GET", headers, judge, valid: [{}, { a: 1 }] },
  ];
}

const protocolVersion = "io.modelcontextprotocol/protocolVersion";
const meta = {
  [protocolVersion]: "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
  progressToken: 1,
};
const tool = (name: string, args: object, _meta: object = meta) => ({
  ...{ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: args, _meta } },
});

/** The valid messages of the Model Context Protocol, without its envelope of HTTP. */
export const rpcMessages: readonly object[] = [
  tool("run_code", { code: "print x", language: "python", session: "s", timeout: 5 }),
  tool("ask", { prompt: "hi", flow: "chat" }),
  tool("put_files", { session: "s", files: [{ path: "a.txt", text: "x" }] }),
  tool("get_file", { session: "s", path: "a.txt" }),
  tool("list_runs", { limit: 3, status: "ok" }),
  tool("get_run", { run: "nope" }),
  { jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: meta } },
  { jsonrpc: "2.0", id: 1, method: "server/discover", params: { _meta: meta } },
  {
    ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
    params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } },
  },
  { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1, reason: "x", _meta: meta } },
];

/** Runs that an answer of the Model Context Protocol names as its own. */
export function runsTold(text: string): readonly string[] {
  return [...text.matchAll(/"sluicebox\/run":\{"run":"([^"]+)"/g)].map(([, run]) => run ?? "");
}

export function mcpPlaces(token: string): readonly [Place, ...Place[]] {
  const own = { authorization: `Bearer ${token}`, accept: "application/json, text/event-stream" };
  const success = (reply: Reply): Verdict | undefined => {
    if (reply.status === 202) return { said: "a notification" };
    const all = messagesIn(reply).filter((text) => text !== "");
    const right = all.length > 0 && all.every((text) => text.includes('"jsonrpc":"2.0"'));
    return right
      ? { said: reply.body.includes('"error"') ? "200 error" : "200 result", runs: runsTold(reply.body) }
      : undefined;
  };
  const judge = { typed: [rpcError], success };
  const named = (name: string, message: object) => ({
    ...{ path: "/mcp", judge, valid: [message] },
    headers: { ...own, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": name },
  });
  return [
    { path: "/mcp", headers: own, judge, valid: rpcMessages },
    named("run_code", rpcMessages[0] ?? {}),
    named("ask", rpcMessages[1] ?? {}),
  ];
}

export function classicPlaces(): readonly [Place, ...Place[]] {
  const headers = { "x-api-key": key };
  const typed = [detailError, hostError];
  const plain = { typed, success: (reply: Reply) => (reply.body === "" ? undefined : { said: "200" }) };
  const told = { typed, success: (): Verdict => ({ said: "a run", runs: 1 }) };
  const form = { "content-type": "multipart/form-data; boundary=b" };
  const settings = {
    llm: { model: "m", temperature: 0 },
    computer: { offline: true },
    auto_run: true,
    messages: [],
    debug: 1,
  };
  const last = { role: "user", content: "hi" };
  return [
    { path: "/settings", headers, judge: plain, valid: [settings, { system_message: "x" }] },
    { path: "/settings/llm", method: "GET", headers, judge: plain, valid: [{}, { a: 1 }] },
    { path: "/settings/debug", method: "GET", headers, judge: plain, valid: [{ a: 1 }] },
    {
      path: "/openai/chat/completions",
      headers,
      judge: told,
      valid: [
        { messages: [last], stream: false },
        { messages: [last], stream: true },
      ],
    },
    { path: "/run", headers, judge: told, valid: [{ language: "python", code: "print x" }] },
    { path: "/upload", headers: { ...headers, ...form }, judge: plain, valid: [{ file: "x" }] },
    { path: "/download/..%2f..%2fetc%2fpasswd", method: "GET", headers, judge: plain, valid: [{ a: 1 }] },
    { path: "/download/%zz?session=../x", method: "GET", headers, judge: plain, valid: [{ a: 1 }] },
  ];
}

export function monitorPlaces(token: string, cookie: string, csrf: string): readonly [Place, ...Place[]] {
  const headers = { cookie, "x-sluice-csrf": csrf };
  const judge: Judge = {
    typed: [hostError],
    success: (reply, body) => (/text\/html/.test(reply.head) ? { said: "the page" } : object("200")(reply, body)),
  };
  const at = (path: string, ...valid: readonly object[]) => ({ path: `/monitor/api/${path}`, headers, judge, valid });
  const read = (path: string) => ({ ...at(path, { a: 1 }), method: "GET" });
  const text = "version: 1\nplugins:\n  box: { use: docker-sandbox }\n";
  return [
    at("profile/check", { text }),
    at("session", { token: "x" }),
    { ...at("links", { role: "read" }), headers: { authorization: `Bearer ${token}` } },
    at("profile/edit", { text, pointer: "/plugins/box/with/cpus", value: 2 }),
    at("profile/apply", { text, revision: "x" }),
    at("instances/nobody/level", { level: "info" }),
    at("instances/__proto__/restart", {}, { a: 1 }),
    at("models/nobody/test", { a: 1 }),
    at("sandboxes/..%2fnobody/stop", { a: 1 }),
    ...[
      "tap/__proto__",
      "schemas/..%2f..%2fpackage",
      "schemas/constructor",
      "runs/nope/bundle",
      "runs/..%2f/file?path=/etc/passwd",
    ].map(read),
  ];
}

/** What nobody serves. */
export function strangePlaces(): readonly [Place, ...Place[]] {
  const judge = { typed: [hostError], success: object("200") };
  return [
    { path: "/nowhere", judge, valid: [{ a: 1 }] },
    { path: "/healthz", method: "GET", judge, valid: [{ a: 1 }] },
  ];
}
