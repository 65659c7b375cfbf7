import { connect } from "node:net";
import { goodClients } from "../../contract/transport-good.ts";
import { key, serveTransports, type Transports, tokens } from "../../contract/transport-host.ts";
import { exchange, frameOf } from "../../contract/transport-raw.ts";
import { requestOf } from "../../contract/transport-requests.ts";
import { texts } from "../mutate.ts";
import type { Edge } from "../run.ts";

const anyPort = "127.0.0.1:0";
/** What no answer may hold, whatever was asked. */
const ours = /\bat (async )?[\w.<> ]*\(?(file:|node:|\/)[^ ]*:\d+:\d+|SLUICE_INTERNAL|^Error: /m;

let served: Transports;
let page: { readonly cookie: string; readonly csrf: string };

async function start(): Promise<AsyncDisposable> {
  served = await serveTransports();
  page = await goodClients(served.port, served.token).signIn(served.host.link() ?? "");
  return served;
}

const head = (line: string, ...headers: readonly string[]) =>
  Buffer.from([line, `Host: ${anyPort}`, ...headers, "", ""].join("\r\n"));
const chunked = "5\r\nhello\r\n3;a=b\r\n{ }\r\n0\r\nTrailer: x\r\n\r\n";

/**
 * Bytes on a connection: heads, chunks, upgrades and the frames behind them. The client ends its side after them, and the
 * server has to close; what it says first is HTTP.
 */
export const rawHttp: Edge = {
  corpus: [
    head("GET /healthz HTTP/1.1"),
    head("GET / HTTP/1.0", "Connection: keep-alive"),
    head(
      "POST /settings HTTP/1.1",
      `X-API-KEY: ${key}`,
      "Content-Length: 2\r\n\r\n{}GET /heartbeat HTTP/1.1\r\nHost: h",
    ),
    Buffer.concat([head("POST /v1/chat/completions HTTP/1.1", "Transfer-Encoding: chunked"), Buffer.from(chunked)]),
    Buffer.concat([
      head("POST /mcp HTTP/1.1", "Content-Length: 4", "Transfer-Encoding: chunked", "Expect: 100-continue"),
      Buffer.from(chunked),
    ]),
    Buffer.concat([
      head(
        "GET / HTTP/1.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        `Sec-WebSocket-Protocol: sluice.v1, bearer.${Buffer.from(tokens[1]?.token ?? "").toString("base64url")}`,
      ),
      frameOf(1, '{"t":"hello","client":"f"}'),
      frameOf(9, "ping"),
      frameOf(8, Buffer.from([0x03, 0xe8])),
    ]),
    Buffer.concat([
      head(
        "GET / HTTP/1.1",
        "Upgrade: websocket, h2c",
        "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Content-Length: 3",
      ),
      frameOf(1, `{"auth":"${key}"}`),
    ]),
    head("OPTIONS /v1/models HTTP/1.1", "Origin: https://evil.test", "Access-Control-Request-Method: GET"),
    head("GET /monitor/../../etc/passwd?a=%zz HTTP/1.1", "Range: bytes=0-1,5-", "Cookie: sluice-1=a.b.c.d"),
  ],
  start,
  take: async (input) => {
    const bytes = Buffer.from(input.toString("latin1").replaceAll(anyPort, `127.0.0.1:${served.port}`), "latin1");
    const answer = await spoken(bytes);
    if (answer !== "" && !answer.startsWith("HTTP/1.1 ")) throw new Error(`no HTTP: ${answer.slice(0, 80)}`);
    judge(answer);
  },
};

/** What the server says until it closes, or has been silent for a moment although the client has ended its side. */
function spoken(bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ port: served.port, host: "127.0.0.1", noDelay: true });
    const over = setTimeout(() => socket.destroy(), 3_000);
    socket.on("connect", () => socket.end(bytes));
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(over);
      resolve(answer);
    });
  });
}

function judge(answer: string, asked = ""): void {
  const found = ours.exec(answer);
  // What was asked for is quoted where it is not there, and may look like a place of ours.
  const quoted = found?.[0].replace(/^at /, "").replaceAll("\\", "");
  if (found !== null && !(quoted !== undefined && asked.includes(quoted)))
    throw new Error(`an answer tells ${found[0]}`);
  if (/^HTTP\/1\.1 500/.test(answer)) throw new Error(`an answer of 500: ${answer.slice(-200)}`);
  if (answer.includes(served.token)) throw new Error("an answer tells the token");
}

const profileText = "version: 1\nplugins: { a: { use: llm-scripted } }\nflows: { chat: a }\n";

/**
 * Requests of somebody who is signed in with every right: `METHOD PATH`, a line end, and the body. Each is sent as HTTP
 * should be, so that what is changed reaches the routes.
 */
export const pageRoutes: Edge = {
  corpus: texts(
    ..."instances flows models sandboxes profile runs/r/bundle runs/r/files tap/core.log schemas/run-start session"
      .split(" ")
      .map((path) => `GET /monitor/api/${path}\n`),
    "GET /monitor/api/runs/r/file?path=a.txt&path=../b%00\n",
    "GET /monitor/assets/x.js\n",
    "HEAD /metrics\n",
    ...Object.entries({
      "profile/check": { text: profileText },
      "profile/edit": { text: profileText, pointer: "/plugins/a/with/script/0", value: [1, { "a/b": null }] },
      "profile/apply": { text: profileText, revision: "r" },
      "instances/actor/level": { level: "debug" },
      "instances/none/restart": {},
      "models/actor/test": {},
      "sandboxes/none/stop": {},
      links: { role: "read" },
      session: { token: "t" },
    }).map(([path, body]) => `POST /monitor/api/${path}\n${JSON.stringify(body)}`),
    `POST /settings\n${JSON.stringify({ messages: [{ role: "user", content: "x" }], llm: { temperature: 1 } })}`,
    `POST /openai/chat/completions\n${JSON.stringify({ messages: [{ role: "user", content: "x" }] })}`,
    `POST /run?session=a\n${JSON.stringify({ language: "python", code: "print x" })}`,
    "GET /download/a.txt?session=b\n",
    `POST /v1/chat/completions\n${JSON.stringify({ model: "chat", messages: [{ role: "user", content: "x" }] })}`,
    "GET /v1/models/chat\n",
    `POST /mcp\n${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "list_runs" } })}`,
    "DELETE /mcp\n",
  ),
  start,
  take: async (input) => {
    const text = input.toString("latin1");
    const cut = text.indexOf("\n") < 0 ? text.length : text.indexOf("\n");
    const [method = "GET", ...rest] = text.slice(0, cut).split(" ");
    // What makes another request of it is for the other edge, and no client could send it.
    const path = rest.join("%20").replace(/[^\x21-\x7e]/g, "%c3%28") || "/";
    const headers = {
      cookie: page.cookie,
      "x-sluice-csrf": page.csrf,
      "x-api-key": key,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${path.includes("links") ? "none" : served.token}`,
    };
    const known = /^(GET|HEAD|POST|DELETE|PUT|OPTIONS)$/.test(method) ? method : "POST";
    // Signing out would make all that follows a stranger's.
    if (known === "DELETE" && path.includes("session")) return;
    const body = known === "GET" || known === "HEAD" ? undefined : input.subarray(cut + 1);
    const request = { method: known, path, headers, ...(body === undefined ? {} : { body }) };
    const { bytes } = await exchange(served.port, requestOf(served.port, request));
    judge(bytes.toString("latin1"), path);
  },
};

/** Frames behind a good upgrade, of the wire and of LMC, in pieces of any size. */
export const frames: Edge = {
  corpus: [
    frameOf(1, '{"t":"hello","client":"f"}'),
    frameOf(1, '{"t":"call","id":"1","method":"runs.list","params":{}}'),
    frameOf(1, '{"t":"open","id":"2","flow":"chat","input":{"text":"x"}}'),
    Buffer.concat([frameOf(1, '{"t":"he', { fin: false }), frameOf(9, "p"), frameOf(0, 'llo","client":"f"}')]),
    frameOf(2, Buffer.from([0, 1, 2])),
    frameOf(8, Buffer.from([0x03, 0xe8, 0x62])),
    frameOf(1, "x", { claimed: 70_000n }),
    frameOf(1, "x", { reserved: 0x40, masked: false }),
  ],
  start,
  take: async (input) => {
    const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
    const proof = `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nHost: 127.0.0.1:${served.port}`;
    const wire = `Sec-WebSocket-Protocol: sluice.v1\r\nAuthorization: Bearer ${tokens[1]?.token}`;
    const isWire = input.length % 3 !== 0;
    const lines = ["GET / HTTP/1.1", ...upgrade, proof, ...(isWire ? [wire] : []), "", ""];
    const first = frameOf(1, isWire ? '{"t":"hello","client":"f"}' : `{"auth":"${key}"}`);
    judge(await spoken(Buffer.concat([Buffer.from(lines.join("\r\n")), first, input])));
  },
};
