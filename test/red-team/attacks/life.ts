import { connect, type Socket } from "node:net";
import { exchange, frameOf } from "../../contract/transport-raw.ts";
import { requestOf } from "../../contract/transport-requests.ts";
import { type Attack, each, type Outcome } from "../attack.ts";
import { classicKey, type Ground, roleTokens } from "../ground.ts";

const deep = (open: string, count = 20_000) => open.repeat(count);
const hostile: readonly (Buffer | string)[] = [
  ...[deep("["), deep('{"a":'), `{"t":${deep("[")}1${deep("]")}}`, `{"role":"user","type":${deep("[")}${deep("]")}}`],
  ...[
    '{"__proto__":{"admin":true},"t":"hello"}',
    '{"t":"hello","client":{"toString":1}}',
    "5",
    "null",
    "[]",
    '"x"',
    "{",
  ],
  ...[`{"t":"${"x".repeat(900_000)}"}`, `{"auth":${"9".repeat(100_000)}}`, "\u0000".repeat(1_000)],
  ...[Buffer.from([0xff, 0xfe, 0xc3, 0x28]), Buffer.alloc(300_000, 0x7b)],
];

const protocols: readonly Readonly<Record<string, string>>[] = [{}, { "sec-websocket-protocol": "sluice.v1" }];

/** The longest that /healthz and a warm cell of somebody else took meanwhile, in milliseconds. */
async function beside(ground: Ground, attack: () => Promise<unknown>): Promise<readonly number[]> {
  const waits: number[] = [];
  let over = false;
  const done = attack().finally(() => {
    over = true;
  });
  const ask = () => exchange(ground.port, requestOf(ground.port, { method: "GET", path: "/healthz" }));
  while (!over) {
    const began = performance.now();
    await ask();
    waits.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await done;
  return waits.sort((a, b) => a - b);
}

/** Far above the goal of 50 ms, which is measured on an idle machine: what is stopped is stopped for seconds. */
const stopped = 2_000;

async function slowed(ground: Ground, attack: () => Promise<unknown>): Promise<Outcome> {
  const waits = await beside(ground, attack);
  const [longest, p99] = [waits.at(-1) ?? 0, waits[Math.floor(waits.length * 0.99)] ?? 0];
  process.stdout.write(`      /healthz meanwhile: p99 ${p99.toFixed(0)} ms, longest ${longest.toFixed(0)} ms\n`);
  return { tried: 1, gained: longest > stopped ? [`everybody waited ${longest.toFixed(0)} ms`] : [] };
}

const floods: Readonly<Record<string, string>> = {
  results: "for i in range(50000): display(i)",
  lines: "while True: print('x' * 200)",
  questions: "import builtins\nfor i in range(100000): get_ipython().kernel if False else print('?' * 500)",
  stderr: "import sys\nfor i in range(300000): sys.stderr.write('e\\n')",
  "frames on every descriptor": `import os, struct
body = b'{"a":' * 6000 + b'1' + b'}' * 6000
for fd in range(1, 260):
    for kind in b'rediof':
        try: os.write(fd, struct.pack('>IB', len(body), kind) + body)
        except OSError: pass
    try: os.write(fd, b'\\xff' * 65536)
    except OSError: pass`,
  processes: "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
};

/** Connections that say nothing, or say it slowly. */
function idle(ground: Ground, count: number, first: string): readonly Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connect({ port: ground.port, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    socket.on("connect", () => socket.write(first));
    return socket;
  });
}

const costly = [
  "%a\n".repeat(20_000),
  "[".repeat(60_000),
  Array.from({ length: 8_000 }, (_, at) => `k${at}: 1`).join("\n"),
  `x: &a [1]\ny: [${"*a,".repeat(5_000)}1]`,
];

export const life: readonly Attack[] = [
  {
    ...{ finding: 3, as: "nobody and run", over: "wire and lmc", what: "frames that are deep, long, torn or no text" },
    play: (ground) =>
      each(hostile, async (content) => {
        for (const headers of protocols) {
          for (const first of [
            "",
            '{"t":"hello","client":"x","token":"run-token-0123456789"}',
            '{"auth":"classic-key-0123456789"}',
          ]) {
            const socket = await ground.socket(headers);
            if (first !== "") socket.send(first);
            for (const opcode of [1, 2, 0, 9, 8, 3]) socket.write(frameOf(opcode, content));
            await socket.until(() => socket.gone).catch(() => undefined);
          }
        }
        return undefined;
      }),
  },
  {
    ...{ finding: 3, as: "run", over: "HTTP", what: "bodies that are deep, and requests within requests" },
    play: (ground) => {
      const headers = { ...classicKey, authorization: `Bearer ${roleTokens.run}`, "content-type": "application/json" };
      const paths = ["/settings", "/run", "/upload", "/openai/chat/completions", "/v1/chat/completions", "/mcp"];
      const all = [...paths, "/monitor/api/session", "/monitor/api/profile/check"].flatMap((path) =>
        hostile.map((body) => ({ path, headers, body })),
      );
      return each(all, async (parts) => {
        const { status } = await ground.http(parts);
        return status >= 500 && status !== 503 ? `answered ${status}` : undefined;
      });
    },
  },
  {
    ...{ finding: 3, as: "nobody", over: "HTTP", what: "a request smuggled behind another" },
    play: (ground) => {
      const host = `Host: 127.0.0.1:${ground.port}`;
      const hidden = `GET /monitor/api/profile HTTP/1.1\r\n${host}\r\n\r\n`;
      const heads = [
        `POST /run HTTP/1.1\r\n${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
        `POST /run HTTP/1.1\r\n${host}\r\nContent-Length: 3\r\nContent-Length: 0\r\n\r\n{}\n${hidden}`,
        `POST /run HTTP/1.1\r\n${host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
        `POST /run HTTP/1.1\r\n${host}\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`,
        `GET /healthz HTTP/1.1\r\n${host}\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
        `GET /healthz HTTP/1.1\r\n${host}\r\nHost: evil.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 90\r\n\r\n${hidden}`,
        `GET http://evil.test/monitor/api/profile HTTP/1.1\r\n${host}\r\n\r\n`,
        `GET /monitor/..%2f..%2fetc/passwd HTTP/1.1\r\n${host}\r\nRange: bytes=0-\r\n\r\n`,
        `GET /monitor/assets/../../../../etc/passwd HTTP/1.1\r\n${host}\r\n\r\n`,
        `GET /${"a".repeat(20_000)} HTTP/1.1\r\n${host}\r\n\r\n`,
        `GET /healthz HTTP/1.1\r\n${host}\r\n${"X: y\r\n".repeat(5_000)}\r\n`,
      ];
      return each(heads, async (head) => {
        const said = await ground.bytes(Buffer.from(head));
        return /"plugins"|"revision"/.test(said) ? "the hidden request was answered" : undefined;
      });
    },
  },
  ...Object.entries(floods).map(
    ([name, code]): Attack => ({
      ...{ finding: 4, as: "run", over: "sandbox", what: `a flood of ${name}` },
      ...(name === "lines" || name === "processes" ? { long: true as const } : {}),
      play: async (ground) => {
        const talk = await ground.wire(roleTokens.run, `flood-${name}`);
        return slowed(ground, async () => {
          const over = new Promise((resolve) => setTimeout(resolve, 12_000));
          await Promise.race([talk.code(code, `flood ${name}`), over]);
          await talk.ask({ t: "cancel", run: talk.lastRun, scope: "run" });
        });
      },
    }),
  ),
  {
    ...{ finding: 4, as: "read", over: "page", what: "profiles that take long to be read" },
    play: (ground) =>
      slowed(ground, () =>
        each(costly, async (text) => void (await ground.asPage("read", "POST", "profile/check", { text }))),
      ),
  },
  {
    ...{
      finding: 4,
      as: "nobody",
      over: "HTTP and sockets",
      what: "a thousand connections that say nothing or little",
    },
    play: async (ground) => {
      const upgrade =
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==";
      const host = `Host: 127.0.0.1:${ground.port}`;
      const sockets = [
        ...idle(ground, 250, ""),
        ...idle(ground, 250, `POST /run HTTP/1.1\r\n${host}\r\nContent-Length: 1000\r\n\r\n{`),
        ...idle(ground, 250, `GET / HTTP/1.1\r\n${host}\r\n${upgrade}\r\n\r\n`),
        ...idle(ground, 250, `GET / HTTP/1.1\r\n${host}\r\n${upgrade}\r\nSec-WebSocket-Protocol: sluice.v1\r\n\r\n`),
      ];
      const outcome = await slowed(ground, async () => {
        const talk = await ground.wire(roleTokens.run, "among-them");
        const said = await talk.code("print(6 * 7)");
        if (!said.includes("42")) throw new Error("nobody else is served");
      });
      for (const socket of sockets) socket.destroy();
      return { ...outcome, tried: sockets.length };
    },
  },
];
