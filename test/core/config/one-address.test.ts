import { describe, expect, test } from "vitest";
import { createHost } from "../../../core/index.ts";
import type { HttpMount, SocketMount } from "../../../core/kit/index.ts";
import { loadPlan } from "../../../core/plugin/load-plan.ts";
import { MountTable } from "../../../plugins/http-server/mount-table.ts";
import { temporaryHome } from "../host/temporary-home.ts";
import { pluginFolders } from "./corpus.ts";

const custom = new URL("../../fixtures/custom/", import.meta.url).pathname;
const listen = "127.0.0.1:8000";
const flows = { chat: "box", run: "box" };
const box = { use: "llm-scripted", with: { script: ["x"] } };

/** Every transport that is shipped, in ways of its own: what it mounts depends on them. */
const shipped: Record<string, { use: string; with: Record<string, unknown> }> = {
  wire: { use: "websocket", with: {} },
  "wire at /sub": { use: "websocket", with: { path: "/sub" } },
  lmc: { use: "lmc", with: {} },
  "lmc at /sub with /run": { use: "lmc", with: { path: "/sub", insecureRoutes: true } },
  mcp: { use: "mcp", with: {} },
  "mcp at /sub": { use: "mcp", with: { path: "/sub" } },
  "mcp at /run": { use: "mcp", with: { path: "/run" } },
  "mcp at /v1/models": { use: "mcp", with: { path: "/v1/models" } },
  "mcp at /metrics": { use: "mcp", with: { path: "/metrics" } },
  "openai-api": { use: "openai-api", with: {} },
  "openai-api at /openai": { use: "openai-api", with: { path: "/openai" } },
  page: { use: "web-monitor", with: {} },
  "page at /sub without figures": { use: "web-monitor", with: { path: "/sub", metrics: "off" } },
};
const names = Object.keys(shipped);
const pairs = names.flatMap((a, index) => names.slice(index).map((b) => [a, b] as const));

async function problemsOf(plugins: Record<string, unknown>) {
  const { problems } = await loadPlan({
    ...{ config: { version: 1, plugins: { ...plugins, box }, flows }, cwd: custom, env: {}, implicitStore: false },
    pluginFolders: [...pluginFolders, new URL("../../../plugins", import.meta.url).pathname],
  });
  return problems.filter(({ severity }) => severity === "error");
}

const mounted = new Map<string, Promise<readonly (HttpMount | SocketMount)[]>>();

/** What a transport mounts when it starts, told by a service in the place of the server. */
function mountsOf(name: string): Promise<readonly (HttpMount | SocketMount)[]> {
  const known = mounted.get(name) ?? started(name);
  mounted.set(name, known);
  return known;
}

async function started(name: string): Promise<readonly (HttpMount | SocketMount)[]> {
  using home = temporaryHome();
  await using host = await createHost({
    ...{ config: { version: 1, plugins: { http: { use: "./mounts" }, t: shipped[name], box }, flows } },
    ...{ cwd: custom, env: home.env, transports: true, store: false },
  });
  return (host.instance("http") as unknown as { transports: (HttpMount | SocketMount)[] }).transports;
}

/** Whether the server would refuse the second one's. */
async function collides(a: string, b: string): Promise<boolean> {
  const table = new MountTable(listen);
  try {
    for (const transport of [...(await mountsOf(a)), ...(await mountsOf(b))]) {
      "subprotocol" in transport ? table.addSocket(transport) : table.addHttp(transport);
    }
    return false;
  } catch {
    return true;
  }
}

describe("two transports at one address", () => {
  test.each(pairs)("should be refused by check where the server would refuse them: %s, %s", async (a, b) => {
    const problems = await problemsOf({ a: shipped[a], b: shipped[b] });
    const codes = problems.map(({ code }) => code);
    expect(codes).toEqual((await collides(a, b)) ? ["SLUICE_MOUNT_CLAIMED"] : []);
    for (const { message } of problems) expect(message).toMatch(/^`b` claims .+ of 127\.0\.0\.1:8000, and so does `a`/);
  });

  const twice = ["wire", "lmc", "mcp", "openai-api", "page"];
  test.each(twice)("should be refused for two of one kind, and let be at two ports: %s", async (name) => {
    const { use, with: own } = shipped[name] ?? { use: "", with: {} };
    expect(await problemsOf({ a: { use, with: own }, b: { use, with: own } })).toHaveLength(1);
    expect(await problemsOf({ a: { use, with: own }, b: { use, with: { ...own, listen: "127.0.0.1:8001" } } })).toEqual(
      [],
    );
  });
});

/** With a token, so that nothing else is said of an address that others can reach. */
const wire = (listen: string, path = "/") => ({ use: "websocket", with: { listen, path, token: "0123456789abcdef" } });

describe("one address, however it is written", () => {
  const same = [
    ["127.0.0.1:7000", "localhost:7000"],
    ["127.0.0.1:7000", "LOCALHOST:07000"],
    ["127.0.0.1:7000", "127.1:7000"],
    ["127.0.0.1:7000", "[::ffff:127.0.0.1]:7000"],
    ["[::1]:7000", "[0:0:0:0:0:0:0:1]:7000"],
    ["[::]:7000", "[0::0]:7000"],
    ["0.0.0.0:7000", "0:7000"],
    ["example.org:7000", "Example.ORG:7000"],
    ["127.0.0.1:0", "localhost:0"],
  ] as const;
  test.each(same)("should be one transport: %s and %s", async (a, b) => {
    expect((await problemsOf({ a: wire(a), b: wire(b) })).map(({ code }) => code)).toEqual(["SLUICE_MOUNT_CLAIMED"]);
    expect(await problemsOf({ a: wire(a), b: wire(b, "/b") })).toEqual([]);
  });

  const overlapping = [
    ["0.0.0.0:7000", "127.0.0.1:7000"],
    ["0.0.0.0:7000", "localhost:7000"],
    ["[::]:7000", "127.0.0.1:7000"],
    ["[::]:7000", "0.0.0.0:7000"],
    ["[::]:7000", "[::1]:7000"],
    ["0.0.0.0:7000", "[::1]:7000"],
  ] as const;
  test.each(overlapping)("should be one port, whatever the paths: %s and %s", async (a, b) => {
    const codes = async (path: string) => (await problemsOf({ a: wire(a), b: wire(b, path) })).map(({ code }) => code);
    expect(await codes("/")).toEqual(["SLUICE_CONFIG_RESOURCE_CONFLICT"]);
    expect(await codes("/b")).toEqual(["SLUICE_CONFIG_RESOURCE_CONFLICT"]);
  });

  const apart = [
    ["127.0.0.1:7000", "127.0.0.1:7001"],
    ["127.0.0.1:7000", "127.0.0.2:7000"],
    ["127.0.0.1:7000", "[::1]:7000"],
    ["0.0.0.0:0", "127.0.0.1:0"],
  ] as const;
  test.each(apart)("should be two: %s and %s", async (a, b) => {
    expect(await problemsOf({ a: wire(a), b: wire(b) })).toEqual([]);
  });

  test.each(["/a/", "//a", "/a//", "/b/../a", "/./a", "/%61", "/a?x", "/a#x"])(
    "should be one path: /a and %s",
    async (path) => {
      expect((await problemsOf({ a: wire(listen, "/a"), b: wire(listen, path) })).map(({ code }) => code)).toEqual([
        "SLUICE_MOUNT_CLAIMED",
      ]);
    },
  );

  test.each(["/A", "/a/b", "/%2F", "/ab"])("should be two paths: /a and %s", async (path) => {
    expect(await problemsOf({ a: wire(listen, "/a"), b: wire(listen, path) })).toEqual([]);
  });
});

describe("anybody's plugin", () => {
  const quiet = (own: Record<string, unknown>) => ({ use: "quiet-transport", with: own });

  test("should be judged by what its manifest says", async () => {
    const plugins = { http: { use: "quiet-http" } };
    expect(await problemsOf({ ...plugins, a: quiet({ protocol: "x" }), b: quiet({ protocol: "y" }) })).toEqual([]);
    expect(await problemsOf({ ...plugins, a: quiet({ protocol: "x" }), b: quiet({ protocol: "x" }) })).toHaveLength(1);
    // Beside a transport of ours: the wire asks for a subprotocol, and so both may be at one path.
    expect(await problemsOf({ ...plugins, a: quiet({}), b: wire(listen) })).toEqual([]);
    expect(await problemsOf({ ...plugins, a: quiet({ protocol: "sluice.v1" }), b: wire(listen) })).toHaveLength(1);
    expect(await problemsOf({ ...plugins, a: { use: "quiet-port", with: { listen } }, b: wire(listen) })).toHaveLength(
      1,
    );
  });

  test("should be passed over while it is absent", async () => {
    const absent = { ...wire("${env:NOWHERE}"), optional: true };
    expect(await problemsOf({ a: wire(listen), b: absent })).toEqual([]);
  });
});
