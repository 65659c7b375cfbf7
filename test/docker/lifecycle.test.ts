import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Kit, ownOwner, run, signalWhen, startSandbox } from "./sandbox-kit.ts";

const docker = new Docker();
const never = () => new AbortController().signal;
let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
  await (await kit.open())[Symbol.asyncDispose]();
});

afterAll(() => kit[Symbol.asyncDispose]());

/** Whether the engine still knows the container, asked until it does not or the time is up. */
async function isGone(id: string): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const known = await docker
      .getContainer(id)
      .inspect()
      .then(
        () => true,
        () => false,
      );
    if (!known) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

describe("a container", () => {
  it("should have every hardened field, as the engine tells", async () => {
    const session = await kit.open();
    const { HostConfig: host, Config: config } = await docker.getContainer(session.id).inspect();
    expect(host).toMatchObject({
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Privileged: false,
      ReadonlyRootfs: true,
      Memory: 1024 * 1024 * 1024,
      MemorySwap: 1024 * 1024 * 1024,
      NanoCpus: 2_000_000_000,
      PidsLimit: 100,
      NetworkMode: "none",
      AutoRemove: true,
      IpcMode: "private",
      PidMode: "",
      Runtime: "runc",
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "none" },
    });
    expect([...(host.CapAdd ?? [])].map((name) => name.replace("CAP_", "")).sort()).toEqual([
      "KILL",
      "SETGID",
      "SETUID",
    ]);
    expect(host.Binds ?? []).toEqual([]);
    expect(Object.keys(host.Tmpfs ?? {}).sort()).toEqual(["/tmp", "/workspace"]);
    for (const options of Object.values(host.Tmpfs ?? {})) expect(options).toMatch(/nosuid,nodev,size=\d+/);
    expect((host as { MaskedPaths?: string[] }).MaskedPaths?.length).toBeGreaterThan(0);
    expect(host.Ulimits).toContainEqual({ Name: "core", Soft: 0, Hard: 0 });
    expect(config.Env.map((one) => one.split("=")[0])).toEqual(["PATH"]);
    expect(config.Labels).toMatchObject({ "sluicebox.pid": String(process.pid), "sluicebox.instance": "box" });
    expect(session.limits).toEqual({ cpus: 2, memory: 1024 ** 3, pids: 100, network: "none", runtime: "runc" });
    await session[Symbol.asyncDispose]();
  });

  it("should be refused when the engine applied something else", async () => {
    await using proxy = await tamperingEngine((body) =>
      body.replace('"ReadonlyRootfs":true', '"ReadonlyRootfs":false'),
    );
    await using other = await startSandbox({ docker: { host: "", socket: proxy.socket } });
    await expect(other.open()).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_NOT_APPLIED",
      message: expect.stringContaining("ReadonlyRootfs"),
    });
    expect((await other.sandbox.list(never())).filter(({ session }) => session?.startsWith("test-"))).toEqual([]);
  });

  it("should apply what the profile loosens or tightens by name", async () => {
    await using other = await startSandbox({
      cpus: 0.5,
      memory: 200 * 1024 * 1024,
      pids: 40,
      network: "open",
      user: "1234:1235",
      env: { GREETING: "hello" },
    });
    const session = await other.open();
    expect(session.limits).toMatchObject({ cpus: 0.5, memory: 200 * 1024 * 1024, pids: 40, network: "open" });
    const ran = await run(
      session,
      "id -u; id -g; echo $GREETING; ls /sys/class/net | wc -l; touch mine && stat -c %u mine",
      {
        language: "bash",
      },
    );
    expect(ran.stdout).toBe("1234\n1235\nhello\n2\n1234\n");
  });

  it("should be refused with a runtime that the engine does not have", async () => {
    await using other = await startSandbox({ runtime: "no-such-runtime" });
    await expect(other.open()).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_RUNTIME_MISSING",
      message: expect.stringContaining("no-such-runtime"),
    });
  });

  it("should leave nothing of an open that was given up", async () => {
    const before = (await kit.sandbox.list(never())).length;
    const give = new AbortController();
    const opening = kit.sandbox.open({ session: "given-up", mode: "cell" }, give.signal);
    setTimeout(() => give.abort(new Error("given up")), 60);
    await expect(opening).rejects.toThrow();
    expect((await kit.sandbox.list(never())).filter(({ session }) => session === "given-up")).toEqual([]);
    expect((await kit.sandbox.list(never())).length).toBeLessThanOrEqual(before);
  });

  it("should go at once for its user, and be gone when the sandbox is disposed of", async () => {
    const other = await startSandbox();
    const session = await other.open();
    await run(session, "1");
    const closing = session[Symbol.asyncDispose]();
    await closing;
    await session.closed;
    await expect(run(session, "1")).rejects.toMatchObject({ code: "SLUICE_SANDBOX_CLOSED" });
    await expect(session.get("x")).rejects.toMatchObject({ code: "SLUICE_SANDBOX_CLOSED" });
    await other[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await expect(docker.getContainer(session.id).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  it("should be closed when it was idle for too long", async () => {
    await using other = await startSandbox({ idle: 200 });
    const session = await other.open();
    await session.closed;
    expect(await isGone(session.id)).toBe(true);
  });

  it("should tell its use while somebody looks", async () => {
    const session = await kit.open();
    const stats = await firstValueFrom(session.stats$);
    expect(stats.memory).toBeGreaterThan(1_000_000);
    expect(stats.pids).toBeGreaterThan(0);
    await session[Symbol.asyncDispose]();
  });
});

describe("a program whose container goes away", () => {
  for (const [what, act] of [
    ["killed", (id: string) => docker.getContainer(id).kill()],
    ["removed", (id: string) => docker.getContainer(id).remove({ force: true })],
  ] as const) {
    it(`should end as lost when it is ${what} from outside`, async () => {
      const session = await kit.open();
      const { seen, onEvent } = signalWhen((event) => event.type === "exec-stdout");
      const running = run(session, "print('go')\nimport time\ntime.sleep(60)", { onEvent });
      await seen;
      await act(session.id);
      expect((await running).end).toMatchObject({ status: "lost", exitCode: null, stateLost: true });
      await session.closed;
      await expect(run(session, "1")).rejects.toMatchObject({ code: "SLUICE_SANDBOX_CLOSED" });
      expect(await isGone(session.id)).toBe(true);
    });
  }

  it("should leave no container when its host is killed", async () => {
    const fixture = fileURLToPath(new URL("./host-process.fixture.ts", import.meta.url));
    const host = spawn(process.execPath, [fixture], { stdio: ["pipe", "pipe", "inherit"] });
    const id = await new Promise<string>((resolve) => host.stdout.once("data", (data) => resolve(String(data).trim())));
    expect((await docker.getContainer(id).inspect()).State.Running).toBe(true);
    host.kill("SIGKILL");
    expect(await isGone(id)).toBe(true);
  });
});

describe("containers of dead hosts", () => {
  async function leftBehind(): Promise<string> {
    const container = await docker.createContainer({
      Image: (await kit.sandbox.list(never()))[0]?.image ?? "debian:trixie-slim",
      Cmd: ["sleep", "1000"],
      Labels: {
        "sluicebox.owner": "dead",
        "sluicebox.pid": String(process.pid),
        "sluicebox.started": "another-boot/1",
      },
    });
    return container.id.slice(0, 12);
  }

  it("should be listed as such, and removed by clean", async () => {
    const mine = await kit.open();
    const id = await leftBehind();
    const listed = await kit.sandbox.list(never());
    expect(listed.find((one) => one.id === id)).toMatchObject({ owner: "dead", ownerAlive: false });
    expect(listed.find((one) => one.id === mine.id)).toMatchObject({ ownerAlive: true, state: "running" });
    expect(await kit.sandbox.clean({ all: false }, never())).toHaveLength(1);
    const after = (await kit.sandbox.list(never())).map((one) => one.id);
    expect(after).toContain(mine.id);
    expect(after).not.toContain(id);
    await mine[Symbol.asyncDispose]();
  });

  it("should be removed when the next host starts", async () => {
    const id = await leftBehind();
    await using _next = await startSandbox({}, true, { ...ownOwner(), host: "next" });
    expect(await isGone(id)).toBe(true);
  });
});

describe("a pool", () => {
  it("should hold preloaded containers, give each to one session, and be filled again", async () => {
    const pooled = await startSandbox({ pool: 1 });
    const filled = async (count: number) => {
      while (pooled.statuses.filter(({ status }) => status === "pooled").length < count) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await filled(1);
    const first = await pooled.open();
    const ran = await run(
      first,
      "import sys\n[name in sys.modules for name in ('pandas', 'numpy', 'IPython', 'matplotlib')]",
    );
    expect(ran.results[0]?.data["text/plain"]).toBe("[True, True, True, True]");
    expect((await run(first, "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()")).results).toHaveLength(1);
    expect((await run(first, "open('/dev/stdout', 'w').write('x');")).stdout).toBe("x");
    await run(first, "while True: pass", { timeout: 300 });
    expect((await run(first, "import os, sys; print(os.getuid(), 'pandas' in sys.modules)")).stdout).toBe(
      "1000 True\n",
    );
    await filled(2);
    const second = await pooled.open("fresh");
    expect(second.id).not.toBe(first.id);
    const fresh = await run(
      second,
      "import atexit; atexit.register(print, 'bye'); print('hi'); import sys; sys.exit(4)",
    );
    expect(fresh.stdout).toBe("hi\nbye\n");
    expect(fresh.end).toMatchObject({ status: "exited", exitCode: 4 });
    await filled(3);
    await pooled[Symbol.asyncDispose]();
    const owned = (await kit.sandbox.list(never())).filter(({ session }) => session === undefined);
    expect(owned).toEqual([]);
  });

  it("should not be filled by a host that serves nobody", async () => {
    await using single = await startSandbox({ pool: 2 }, false);
    await run(await single.open(), "1");
    expect(single.statuses.map(({ status }) => status)).toEqual(["open"]);
  });
});

describe("what is missing", () => {
  it("should be named when the engine is down", async () => {
    await expect(startSandbox({ docker: { host: "unix:///nowhere/docker.sock" } })).rejects.toMatchObject({
      code: "SLUICE_DOCKER_UNAVAILABLE",
      message: expect.stringContaining("/nowhere/docker.sock"),
      exitCode: 69,
    });
  });

  it("should be named when the base image cannot be had", async () => {
    await using other = await startSandbox({ image: "no-such-image.invalid/none:1" });
    await expect(other.open()).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_IMAGE_MISSING",
      message: expect.stringContaining("no-such-image.invalid/none:1"),
    });
  });

  it("should show the last lines of a build that fails, and leave the old image", async () => {
    await using other = await startSandbox({ packages: ["no-such-package-at-all"] });
    const steps: string[] = [];
    const building = other.sandbox.prepare({ onProgress: ({ step }) => void steps.push(step) }, never());
    await expect(building).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_BUILD_FAILED",
      message: expect.stringContaining("Unable to locate package no-such-package-at-all"),
    });
    expect(steps.some((step) => /^Step \d+\/\d+/.test(step))).toBe(true);
    expect((await run(await kit.open(), "print('old')")).stdout).toBe("old\n");
  });
});

describe("another image", () => {
  it("should get the supervisor on top, and python3 where it lacks it", async () => {
    await using other = await startSandbox({
      image: "debian:trixie-slim",
      packages: { apt: ["cowsay"], pip: [], npm: [] },
    });
    const session = await other.open();
    expect((await run(session, "print('Hello, World!')")).stdout).toBe("Hello, World!\n");
    expect((await run(session, "/usr/games/cowsay moo", { language: "bash" })).stdout).toContain("moo");
    await expect(run(session, "1", { language: "javascript" })).rejects.toMatchObject({
      code: "SLUICE_SANDBOX_LANGUAGE",
    });
  });
});

/** An engine that changes what the real one says of a container. */
async function tamperingEngine(change: (body: string) => string): Promise<{ socket: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), "sluicebox-engine-"));
  await writeFile(path.join(folder, "README"), "");
  const socket = path.join(folder, "docker.sock");
  const { request } = process.getBuiltinModule("node:http");
  const upstream = { socketPath: "/var/run/docker.sock" };
  const server = createServer((incoming, outgoing) => {
    const sent = request(
      { ...upstream, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk) => chunks.push(chunk));
        answer.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          const { "content-length": _, "transfer-encoding": __, ...headers } = answer.headers;
          outgoing.writeHead(answer.statusCode ?? 500, headers);
          outgoing.end(/\/json$/.test(incoming.url ?? "") ? change(body) : body);
        });
      },
    );
    incoming.pipe(sent);
  });
  server.on("upgrade", (incoming, client) => {
    const sent = request({ ...upstream, path: incoming.url, method: incoming.method, headers: incoming.headers });
    sent.on("upgrade", (_answer, engine) => {
      client.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
      engine.pipe(client).pipe(engine);
      engine.on("error", () => client.destroy());
      client.on("error", () => engine.destroy());
    });
    sent.end();
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
