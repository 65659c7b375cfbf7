import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { type Kit, ownOwner, run, startSandbox } from "./sandbox-kit.ts";
import { tamperingEngine } from "./tampering-engine.ts";

const payload = randomBytes(3_000_000);
/** Names that were asked to be resolved. */
const asked: string[] = [];
/** Hosts that requests named. */
const served: string[] = [];
const web = createHttpServer((incoming, answer) => {
  served.push(incoming.headers.host ?? "");
  if (incoming.url === "/large") answer.end(payload);
  else if (incoming.method === "POST")
    buffer(incoming).then(
      (body) => answer.end(body),
      () => answer.destroy(),
    );
  else answer.end(`hello ${incoming.url}`);
});
/** Writes without end to whoever connects. */
const flood = createServer((socket) => {
  const more = () => {
    while (!socket.destroyed && socket.write(payload.subarray(0, 65_536)));
  };
  socket.on("drain", more).on("error", () => socket.destroy());
  more();
});
let port: number;
let floodPort: number;
let kit: Kit;
let session: SandboxSession;

const portOf = async (server: Server): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
};

/** Every name is the machine's own loopback, but for those that say that they are elsewhere. */
async function resolve(name: string): Promise<readonly string[]> {
  asked.push(name);
  if (name.startsWith("metadata.")) return ["169.254.169.254"];
  if (name.startsWith("missing.")) throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
  return ["127.0.0.1"];
}

const withNetwork = (allow: readonly string[], more = {}) =>
  startSandbox({ network: { allow: [...allow] }, ...more }, true, ownOwner(), { resolve });

beforeAll(async () => {
  port = await portOf(web);
  floodPort = await portOf(flood);
  kit = await withNetwork([
    "a.test",
    "*.b.test",
    "metadata.test",
    "missing.test",
    `127.0.0.1:${port}`,
    `127.0.0.1:${floodPort}`,
  ]);
  session = await kit.open();
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  web.closeAllConnections();
  web.close();
  flood.close();
});

/** Status and text of a request, as urllib sees them, which uses the proxy that the variables name. */
async function fetched(url: string, from = session): Promise<string> {
  const code = [
    "import urllib.request, urllib.error",
    `try: print(urllib.request.urlopen(${JSON.stringify(url)}, timeout=20).read().decode())`,
    "except urllib.error.HTTPError as error: print(error.code, error.read().decode())",
    "except Exception as error: print(error)",
  ].join("\n");
  return (await run(from, code)).stdout.trim();
}

/** The first line that a CONNECT to the target is answered with. */
async function connected(target: string): Promise<string> {
  const code = `import socket\ns = socket.create_connection(('127.0.0.1', 3128))\ns.sendall(b'CONNECT ${target} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\nprint(s.makefile().readline().strip())\ns.close()`;
  return (await run(session, code)).stdout.trim();
}

describe("a network with an allow-list", () => {
  it("should reach what it has, by name, wildcard and address, and tell the host's name", async () => {
    for (const host of ["a.test", "A.Test", "x.b.test", "x.y.b.test"]) {
      expect(await fetched(`http://${host}:${port}/path?q=1`)).toBe("hello /path?q=1");
      expect(served.at(-1)).toBe(`${host.toLowerCase()}:${port}`);
    }
    expect(await fetched(`http://127.0.0.1:${port}/`)).toBe("hello /");
    expect(session.limits.network).toContain("a.test");
  });

  it("should reach nothing else, say so, and resolve no name of it", async () => {
    asked.length = 0;
    const hosts = [
      "b.test",
      "evil-b.test",
      "xb.test",
      "b.test.evil.test",
      "sub.a.test",
      "secret-label.exfil.test",
      "a.test.evil",
    ];
    for (const host of hosts) {
      expect(await fetched(`http://${host}:${port}/`)).toBe(`403 sluicebox: ${host}:${port} is not in network.allow`);
      expect(await connected(`${host}:443`)).toBe("HTTP/1.1 403 Refused");
    }
    expect(asked).toEqual([]);
    expect(kit.refused).toContain(`http://secret-label.exfil.test:${port}/`);
    expect(kit.refused).toContain("secret-label.exfil.test:443");
  });

  it("should reach an address on its port alone, whatever its spelling", async () => {
    for (const host of [
      "127.0.0.1",
      "[::1]",
      "[::ffff:127.0.0.1]",
      "0x7f.1",
      "2130706433",
      "0.0.0.0",
      "169.254.169.254",
      "8.8.8.8",
    ]) {
      expect(await connected(`${host}:${port + 1}`), host).toBe("HTTP/1.1 403 Refused");
    }
    for (const host of ["127.0.0.1", "[::ffff:127.0.0.1]", "0x7f.1"]) {
      expect(await connected(`${host}:${port}`), host).toBe("HTTP/1.1 200 Connection established");
    }
  });

  it("should refuse names that lead to private addresses, and tell those that cannot be resolved", async () => {
    expect(await fetched("http://metadata.test/")).toMatch(/^403 .*169\.254\.169\.254, a private address/);
    expect(await fetched(`http://a.test:${port + 1}/`)).toMatch(/^403 .*127\.0\.0\.1, a private address/);
    expect(await fetched("http://missing.test/")).toMatch(/^502 .*ENOTFOUND/);
  });

  it("should bear what is no proper request", async () => {
    for (const target of [
      "a.test",
      "a.test:0",
      "a.test:99999",
      "user@a.test:80",
      "a.test/x:80",
      ":80",
      "[a.test]:80",
    ]) {
      expect(await connected(target), target).toMatch(/^HTTP\/1\.1 40[03] /);
    }
    const rubbish =
      "import socket\ns = socket.create_connection(('127.0.0.1', 3128))\ns.sendall(b'\\x16\\x03\\x01' * 1000)\nprint(s.recv(100))";
    expect((await run(session, rubbish)).stdout).toContain("b''");
    expect(await fetched(`http://a.test:${port}/still`)).toBe("hello /still");
  });

  it("should have no other way out: no interface, no name service, no route", async () => {
    const code = [
      "import socket, os",
      "print(os.listdir('/sys/class/net'))",
      "for family, address in ((socket.AF_INET, ('8.8.8.8', 53)), (socket.AF_INET, ('172.17.0.1', 22)), (socket.AF_INET6, ('2001:4860:4860::8888', 53))):",
      "    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):",
      "        try: socket.socket(family, kind).connect(address); print('out')",
      "        except OSError: pass",
      "try: print(socket.gethostbyname('label.exfil.test'))",
      "except OSError: print('unknown')",
    ].join("\n");
    expect((await run(session, code)).stdout).toBe("['lo']\nunknown\n");
  });

  it("should carry bodies both ways as they are, and many connections at once", async () => {
    const code = [
      "import hashlib, os, urllib.request",
      "from concurrent.futures import ThreadPoolExecutor",
      `url = 'http://a.test:${port}'`,
      "sent = os.urandom(2_000_000)",
      "def back(data): return urllib.request.urlopen(urllib.request.Request(url + '/echo', data=data)).read() == data",
      "def large(_): return hashlib.sha256(urllib.request.urlopen(url + '/large').read()).hexdigest()",
      "print(back(sent), urllib.request.urlopen(urllib.request.Request(url, data=iter([sent[:1000], sent[1000:]]), headers={'Transfer-Encoding': 'chunked'})).read() == sent)",
      "with ThreadPoolExecutor(12) as pool: print(len(set(pool.map(large, range(24)))))",
      "print(large(0))",
    ].join("\n");
    expect((await run(session, code)).stdout).toBe(
      `True True\n1\n${createHash("sha256").update(payload).digest("hex")}\n`,
    );
  });

  it("should hold up nobody for a connection that nobody reads", async () => {
    const code = `import socket\nstuck = []\nfor _ in range(5):\n    s = socket.create_connection(('127.0.0.1', 3128))\n    s.sendall(b'CONNECT 127.0.0.1:${floodPort} HTTP/1.1\\r\\n\\r\\n')\n    stuck.append(s)\nprint('stuck')`;
    expect((await run(session, code)).stdout).toBe("stuck\n");
    expect(await fetched(`http://a.test:${port}/beside`)).toBe("hello /beside");
    expect((await run(session, "print(len(stuck[0].recv(1 << 20)) > 0)\nfor s in stuck: s.close()")).stdout).toBe(
      "True\n",
    );
  });

  it("should not be held up by connections too many", async () => {
    const code = `import socket\nmany = [socket.create_connection(('127.0.0.1', 3128)) for _ in range(200)]\nfor s in many: s.close()\nprint('closed')`;
    expect((await run(session, code)).stdout).toBe("closed\n");
    expect(await fetched(`http://a.test:${port}/after`)).toBe("hello /after");
  });

  it("should be used by curl's likes and bash's children, and leave the container's own servers alone", async () => {
    const own = await withNetwork(["a.test"]);
    const other = await own.open();
    const code = [
      "import http.server, threading, urllib.request",
      "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)",
      "threading.Thread(target=server.serve_forever, daemon=True).start()",
      "print(urllib.request.urlopen('http://127.0.0.1:%d/' % server.server_port).status)",
    ].join("\n");
    expect((await run(other, code)).stdout).toBe("200\n");
    expect((await run(other, "echo $HTTPS_PROXY $http_proxy", { language: "bash" })).stdout).toBe(
      "http://127.0.0.1:3128 http://127.0.0.1:3128\n",
    );
    await own[Symbol.asyncDispose]();
  });
});

describe("an empty allow-list", () => {
  it("should block all", async () => {
    await using own = await withNetwork([]);
    const other = await own.open();
    for (const host of ["a.test", "127.0.0.1", "localhost"]) {
      expect(await fetched(`http://${host}:${port}/`, other), host).toMatch(/^403 |refused|name resolution/i);
    }
    expect(other.limits.network).toBe("allow: nothing");
  });
});

describe("policy and pool", () => {
  it("should hold for containers that waited", async () => {
    await using own = await withNetwork(["a.test", "127.0.0.0/8"], { pool: 1 });
    while (!own.statuses.some(({ status }) => status === "pooled")) await new Promise((next) => setTimeout(next, 20));
    const other = await own.open();
    expect(await fetched(`http://a.test:${port}/pooled`, other)).toBe("hello /pooled");
    expect(await fetched(`http://c.test:${port}/`, other)).toMatch(/^403 /);
  });
});

describe("a policy that the engine does not apply", () => {
  it("should refuse the container", async () => {
    await using proxy = await tamperingEngine((body) => body.replace('"NetworkMode":"none"', '"NetworkMode":"bridge"'));
    await using own = await withNetwork(["a.test"], { docker: { host: "", socket: proxy.socket } });
    await expect(own.open()).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_NOT_APPLIED",
      message: expect.stringContaining("NetworkMode"),
    });
  });
});
