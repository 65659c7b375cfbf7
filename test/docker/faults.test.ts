import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SandboxSession } from "../../core/contract/index.ts";
import { engineRelay } from "./engine-relay.ts";
import { type Kit, ownOwner, run, signalWhen, startSandbox } from "./sandbox-kit.ts";

const MIB = 1024 * 1024;
const docker = new Docker();
const never = () => new AbortController().signal;
let kit: Kit;

beforeAll(async () => {
  kit = await startSandbox();
  await (await kit.open())[Symbol.asyncDispose]();
});

afterAll(() => kit[Symbol.asyncDispose]());

/** Resolves when the engine knows no container whose labels say so; a test's time-out is its limit. */
async function noneLeft(label: string): Promise<void> {
  const filters = JSON.stringify({ label: [label] });
  while ((await docker.listContainers({ all: true, filters })).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const owned = (owner: string) => ({ ...ownOwner(), host: owner });

/** Again while runc cannot freeze it, as happens on a busy machine. */
async function pause(id: string): Promise<void> {
  for (let left = 20; ; left -= 1) {
    const failure = await docker
      .getContainer(id)
      .pause()
      .then(
        () => undefined,
        (error: Error) => error,
      );
    if (failure === undefined) return;
    if (left === 0 || !failure.message.includes("unable to freeze")) throw failure;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Starts a program that never ends, and resolves when it runs. */
async function sleeping(session: SandboxSession) {
  const { seen, onEvent } = signalWhen((event) => event.type === "exec-stdout");
  const ended = run(session, "print('go')\nimport time\ntime.sleep(60)", { onEvent });
  await seen;
  return { ended };
}

describe("a container that is paused from outside", () => {
  it("should end its run as lost, name the cause, and be gone", async () => {
    await using other = await startSandbox({}, true, owned("paused-run"));
    const session = await other.open();
    const { ended } = await sleeping(session);
    await pause(session.id);
    const { end } = await ended;
    expect(end).toMatchObject({ status: "lost", exitCode: null, stateLost: true });
    expect(end.error).toMatchObject({ name: "SLUICE_SANDBOX_LOST", message: expect.stringContaining("paused") });
    await session.closed;
    await noneLeft("sluicebox.owner=paused-run");
  });

  it("should hold up nobody who asks for its files, nor a run that begins", async () => {
    await using other = await startSandbox({}, true, owned("paused-idle"));
    for (const ask of [
      (session: SandboxSession) => session.list(),
      (session: SandboxSession) => session.get("x"),
      (session: SandboxSession) => session.put([{ path: "x", content: new Uint8Array(2 * MIB) }]),
    ]) {
      const session = await other.open();
      await pause(session.id);
      await expect(ask(session)).rejects.toMatchObject({ code: "SLUICE_SANDBOX_CLOSED" });
    }
    const session = await other.open();
    await pause(session.id);
    expect((await run(session, "1")).end.status).toBe("lost");
    await noneLeft("sluicebox.owner=paused-idle");
  });
});

describe("a connection to the engine that breaks", () => {
  it("should end the run as lost, leave nothing, and work again when the engine is back", async () => {
    await using relay = await engineRelay();
    await using other = await startSandbox({ docker: { host: "", socket: relay.socket } }, true, owned("cut"));
    const session = await other.open();
    const { ended } = await sleeping(session);
    await relay.cut();
    const { end } = await ended;
    expect(end).toMatchObject({
      status: "lost",
      exitCode: null,
      stateLost: true,
      error: { name: "SLUICE_SANDBOX_LOST" },
    });
    await session.closed;
    await expect(other.open()).rejects.toMatchObject({
      code: "SLUICE_DOCKER_UNAVAILABLE",
      message: expect.stringContaining(relay.socket),
    });
    await relay.restore();
    expect((await run(await other.open(), "print('again')")).stdout).toBe("again\n");
    expect((await other.sandbox.list(never())).filter(({ owner }) => owner === "cut")).toHaveLength(1);
  });

  it("should remove a paused container when the engine is back", async () => {
    await using relay = await engineRelay();
    await using other = await startSandbox({ docker: { host: "", socket: relay.socket } }, true, owned("cut-paused"));
    const session = await other.open();
    await pause(session.id);
    await relay.cut();
    await session.closed;
    await relay.restore();
    await noneLeft("sluicebox.owner=cut-paused");
  });

  for (const [what, request] of [
    ["created", /^POST \/containers\/create/],
    ["attached", /^POST \/containers\/\w+\/attach/],
    ["started", /^POST \/containers\/\w+\/start/],
    ["read back", /^GET \/containers\/[0-9a-f]{64}\/json/],
  ] as const) {
    it(`should leave nothing when it breaks before a container is known to be ${what}`, async () => {
      await using relay = await engineRelay();
      const owner = `half-${what.replace(" ", "-")}`;
      await using other = await startSandbox({ docker: { host: "", socket: relay.socket } }, true, owned(owner));
      relay.loseAnswerOf(request);
      await expect(other.open()).rejects.toMatchObject({ code: "SLUICE_DOCKER_UNAVAILABLE" });
      await noneLeft(`sluicebox.owner=${owner}`);
    });
  }
});

describe("an engine that cannot be reached", () => {
  it("should be named with its address and the cure when the port refuses", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(startSandbox({ docker: { host: `tcp://127.0.0.1:${port}` } })).rejects.toMatchObject({
      code: "SLUICE_DOCKER_UNAVAILABLE",
      message: expect.stringContaining(`tcp://127.0.0.1:${port}`),
      cure: expect.stringContaining("Start Docker"),
      exitCode: 69,
    });
  });

  it("should be named when its socket is missing, a plain file, or closed to this user", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "sluicebox-faults-"));
    const file = path.join(folder, "docker.sock");
    const refused = (socket: string) =>
      expect(startSandbox({ docker: { host: "", socket } })).rejects.toMatchObject({
        code: "SLUICE_DOCKER_UNAVAILABLE",
        message: expect.stringContaining(`unix://${socket}`),
        cure: expect.stringMatching(/Start Docker|group docker/),
        exitCode: 69,
      });
    await refused(file);
    await writeFile(file, "");
    await refused(file);
    await refused(path.join(file, "below"));
    await rm(folder, { recursive: true });
  });

  it("should be named when something else listens there", async () => {
    const server = createServer((socket) => socket.resume().end("SSH-2.0-OpenSSH_10.0\r\n")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(startSandbox({ docker: { host: `tcp://127.0.0.1:${port}` } })).rejects.toMatchObject({
      code: "SLUICE_DOCKER_UNAVAILABLE",
      message: expect.stringMatching(new RegExp(`tcp://127.0.0.1:${port} .*no Docker engine`)),
    });
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("an image that is missing", () => {
  it("should be named with its base, and the cure", async () => {
    await using other = await startSandbox({ image: "no-such-base.invalid/none:1" });
    const missing = {
      code: "SLUICE_SANDBOX_IMAGE_MISSING",
      message: expect.stringContaining("no-such-base.invalid/none:1"),
      cure: expect.any(String),
      exitCode: 69,
    };
    await expect(other.open()).rejects.toMatchObject(missing);
    await expect(other.sandbox.prepare({}, never())).rejects.toMatchObject(missing);
  });
});

describe("a full disk", () => {
  it("should be told to programs and to whoever puts files, and harm nothing", async () => {
    await using small = await startSandbox({ memory: 200 * MIB, workspace: 16 * MIB, tmp: 8 * MIB });
    const session = await small.open();
    const fill =
      "dd if=/dev/zero of=full bs=1M 2>&1 | grep -o 'No space.*'; fallocate -l 100M more 2>&1 | grep -o 'No space.*'";
    expect((await run(session, fill, { language: "bash" })).stdout).toBe(
      "No space left on device\nNo space left on device\n",
    );
    const written = await run(session, "open('x', 'wb').write(b'x' * 100_000)");
    expect(written.end.error).toMatchObject({ name: "OSError", message: expect.stringContaining("No space left") });
    await expect(session.put([{ path: "in", content: new Uint8Array(MIB) }])).rejects.toMatchObject({
      code: "SLUICE_FILE_TOO_LARGE",
      message: expect.stringContaining("No space left"),
    });
    expect((await session.get("full")).length).toBe(16 * MIB);
    expect((await run(session, "ls -A; rm full", { language: "bash" })).stdout).not.toMatch(/in|\.sluice/);
    await session.put([{ path: "in", content: new Uint8Array(MIB) }]);
    expect((await run(session, "import os; os.path.getsize('in')")).results[0]?.data["text/plain"]).toBe(String(MIB));
  });

  it("should refuse by name a program that no longer fits", async () => {
    await using small = await startSandbox({ memory: 200 * MIB, workspace: 16 * MIB, tmp: 8 * MIB });
    const session = await small.open();
    await run(session, "dd if=/dev/zero of=full bs=1M", { language: "bash" });
    await expect(run(session, "print 'x'\n".repeat(20_000), { language: "perl" })).rejects.toMatchObject({
      code: "SLUICE_FILE_TOO_LARGE",
      message: expect.stringContaining("cannot start perl"),
    });
    expect((await run(session, "print('alive')")).stdout).toBe("alive\n");
  });
});
