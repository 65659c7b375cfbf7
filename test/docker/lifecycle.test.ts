import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownSeccomp } from "../../plugins/docker-sandbox/container/seccomp.ts";
import { type Kit, ownOwner, run, signalWhen, startSandbox } from "./sandbox-kit.ts";
import { tamperingEngine } from "./tampering-engine.ts";

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
      SecurityOpt: ["no-new-privileges", `seccomp=${ownSeccomp()}`],
      ShmSize: 64 * 1024 * 1024,
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
    expect(session.limits).toEqual({
      cpus: 2,
      memory: 1024 ** 3,
      pids: 100,
      network: "none",
      runtime: "runc",
      timeout: 30_000,
    });
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

  it("should leave nothing of an open that is under way when the sandbox is disposed of", async () => {
    const other = await startSandbox();
    const opening = other.sandbox.open({ session: "under-way", mode: "fresh" }, never());
    const refused = expect(opening).rejects.toMatchObject({ code: "SLUICE_SANDBOX_CLOSED" });
    await other[Symbol.asyncDispose]();
    // Nobody waits for the open itself: what it began has to be over with the sandbox.
    const filters = { label: ["sluicebox.session=under-way"] };
    expect(await docker.listContainers({ all: true, filters })).toEqual([]);
    await refused;
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
