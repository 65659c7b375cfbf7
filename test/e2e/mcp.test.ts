import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { resolve } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containersOf, Place, profile } from "./cli-kit.ts";

/** A client of `sluice mcp`, as assistants start it. */
async function assistant(place: Place) {
  const args = [resolve(import.meta.dirname, "../../bin/run.js"), "mcp"];
  const env = { ...(process.env as Record<string, string>), SLUICE_HOME: place.home };
  const options = { command: process.execPath, args, cwd: place.folder, env, stderr: "pipe" as const };
  const transport = new StdioClientTransport(options);
  const stderr: string[] = [];
  transport.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk.toString()));
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  const call = (name: string, args: object, more: object = {}) =>
    client.callTool({ name, arguments: { ...args } }, { timeout: 110_000, ...more });
  return { client, call, stderr, child: { pid: transport.pid } as ChildProcess };
}

function textOf({ content }: { content: readonly { type: string }[] }): string {
  return content.map((block) => ("text" in block ? block.text : `[${block.type}]`)).join("\n");
}

describe("sluice mcp", () => {
  let place: Place;
  beforeAll(() => {
    place = new Place(profile);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should run code in a sandbox of its own, keep a session, and leave nothing behind", async () => {
    const { client, call, child, stderr } = await assistant(place);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain("run_code");
    expect(await containersOf(child)).toEqual([]);
    await call("put_files", { session: "s", files: [{ path: "in.txt", text: "41" }] });
    const first = await call("run_code", { session: "s", code: "x = int(open('in.txt').read())" });
    expect([first.isError, textOf(first)]).toEqual([undefined, expect.stringContaining("ok, exit code 0")]);
    const code = `
import zlib, struct
def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
class Dot:
    def _repr_png_(self):
        head = struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)
        return b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(b'\\0\\0')) + chunk(b'IEND', b'')
open('out.txt', 'w').write(str(x + 1))
print('the next is', x + 1)
Dot()`;
    const second = await call("run_code", { session: "s", code });
    expect(textOf(second)).toMatch(/the next is 42[\s\S]*\[image\][\s\S]*files: .*out\.txt \(2 bytes\)/u);
    const file = await call("get_file", { session: "s", path: "out.txt" });
    expect(textOf(file)).toBe("42");
    const failed = await call("run_code", { code: "import sys; sys.exit(3)" });
    expect([failed.isError, textOf(failed)]).toEqual([true, expect.stringContaining("exit code 3")]);
    await client.close();
    await expect.poll(() => containersOf(child)).toEqual([]);
    expect(stderr.join("")).toBe("");
  });

  it("should ask a flow, whose code runs", async () => {
    const { client, call } = await assistant(place);
    const answer = await call("ask", { prompt: "What is the answer?" });
    expect(textOf(answer)).toMatch(/NameError[\s\S]*The answer is 42\./u);
    await client.close();
  });

  it("should tell progress, and stop the program of a call that is given up", async () => {
    const { client, call, child } = await assistant(place);
    const heard = Promise.withResolvers<void>();
    const abort = new AbortController();
    const onprogress = ({ message = "" }: { message?: string }) => message.includes("tick") && heard.resolve();
    const code = "import time\nprint('tick', flush=True)\ntime.sleep(100)";
    const calling = call("run_code", { code }, { signal: abort.signal, onprogress });
    await heard.promise;
    abort.abort();
    await expect(calling).rejects.toThrow();
    await expect.poll(() => containersOf(child)).toEqual([]);
    expect(textOf(await call("list_runs", { status: "cancelled" }))).toContain("tick");
    await client.close();
  });

  it("should say what is wrong with a profile on stderr, and exit 78", async () => {
    place.write("bad.yaml", "version: 1\nplugins: { box: { use: docker-sandbx } }\n");
    const run = await place.run(["mcp", "-p", "bad.yaml"], { input: "" });
    expect([run.code, run.stdout]).toEqual([78, ""]);
    expect(run.stderr).toContain("docker-sandbox");
  });
});

describe("a host that is up, to assistants", () => {
  let place: Place;
  let address: string;
  beforeAll(async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const transports = profile.replace("127.0.0.1:0", listen);
    const tools = `  tools: { use: mcp, with: { listen: "${listen}" } }\n  console:`;
    place = new Place(transports.replace("  console:", tools));
    ({ address } = await place.up());
  });
  afterAll(() => place[Symbol.asyncDispose]());

  it("should do the work of sluice mcp, and share its sessions with the other commands", async () => {
    const { client, call, child } = await assistant(place);
    expect((await call("run_code", { session: "shared", code: "x = 41" })).isError).toBeUndefined();
    expect(await containersOf(child)).toEqual([]);
    const run = await place.run(["run", "--session", "shared", "-e", "print(x + 1); n = open('o', 'w').write('hi')"]);
    expect(run.stdout).toBe("42\n");
    expect(textOf(await call("get_file", { session: "shared", path: "o" }))).toBe("hi");
    expect(textOf(await call("list_files", { session: "shared" }))).toContain("o (2 bytes");
    const [last] = JSON.parse(textOf(await call("list_runs", { session: "shared", limit: 1 }))) as { run: string }[];
    expect(textOf(await call("get_run", { run: last?.run }))).toContain("42\n");
    await client.close();
  });

  it("should serve tools over HTTP, to whoever has the token of its file", async () => {
    const { token } = JSON.parse(place.read("home/state/host.json").toString()) as { token: string };
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", address), { requestInit }));
    const result = await client.callTool({ name: "run_code", arguments: { code: "print(6 * 7)" } });
    expect(textOf(result)).toMatch(/^42\n\nrun .*: ok, exit code 0$/);
    await client.close();
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}
