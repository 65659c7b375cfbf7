import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model, RunEvent, RunHandle } from "../../core/contract/index.ts";
import type { Host } from "../../core/index.ts";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";
import { type ScriptedUpstream, startUpstream, type UpstreamAnswer } from "./scripted-upstream.ts";

const docker = new Docker();

const python = (code: string, before = "", after = ""): UpstreamAnswer => ({
  // Fences are found only where tokens are cut like this.
  pieces: [...(before ? [before] : []), "```", "python", "\n", code, "\n```", ...(after ? [after] : [])],
});

async function start(
  baseURL: string,
  options: Record<string, unknown> = {},
  chat: string | string[] = "oi",
): Promise<TestHost> {
  return startTestHost({
    transports: true,
    store: false,
    config: {
      version: 1,
      plugins: {
        box: { use: "docker-sandbox" },
        oi: {
          use: "open-interpreter",
          with: {
            engine: "box",
            model: "openai/scripted",
            apiKey: "key-for-tests",
            apiBase: baseURL,
            contextWindow: 16000,
            maxTokens: 1000,
            build: { caCertificates: "host" },
            heartbeat: "500ms",
            ...options,
          },
        },
      },
      flows: { chat },
    },
  });
}

async function eventsOf(run: RunHandle, onEvent?: (event: RunEvent) => void): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events()) {
    events.push(event);
    onEvent?.(event);
  }
  return events;
}

const ask = (host: Host, text: string, session?: string) =>
  host.runs.open({ input: { text }, ...(session === undefined ? {} : { session }) });

function textOf(events: readonly RunEvent[], type: "text-delta" | "code-delta" | "exec-stdout"): string {
  return events.map((event) => (event.type === type ? (event.data as { text?: string }).text : "")).join("");
}

const containersOf = (instance: string, pid = process.pid) =>
  docker.listContainers({ filters: { label: [`sluicebox.instance=${instance}`, `sluicebox.pid=${pid}`] } });

const patience = { timeout: 60_000, interval: 50 };

beforeAll(async () => {
  await using started = await start("http://127.0.0.1:9/v1", { pool: 0 });
  const model = started.host.instance("oi") as Model;
  const before = performance.now();
  await model.pull?.({}, new AbortController().signal);
  process.stdout.write(`the image was there after ${Math.round((performance.now() - before) / 1000)} s\n`);
}, 1_200_000);

describe("the classic server in its container", () => {
  let upstream: ScriptedUpstream;
  let started: TestHost;

  afterAll(async () => {
    await started?.[Symbol.asyncDispose]();
    await upstream?.[Symbol.asyncDispose]();
  });

  it("should answer a prompt end to end, its code run inside and shown in our stream", async () => {
    upstream = await startUpstream([
      python("import os\nx = 6 * 7\nprint('é', x, os.getuid(), os.getcwd())", "Let me see.\n"),
      python("print(x + 1)\n1 / 0"),
      { pieces: ["It is ", "43."] },
      python("print(x)"),
      { pieces: ["Still 42."] },
    ]);
    started = await start(upstream.baseURL);
    const events = await eventsOf(ask(started.host, "What is it?", "mine"));
    expect(textOf(events, "text-delta")).toBe("Let me see.\nIt is 43.");
    const [first, second] = events.filter((event) => event.type === "exec-start");
    expect(first).toMatchObject({ source: "oi", data: { language: "python", container: expect.any(String) } });
    expect(second?.data).toMatchObject({ code: expect.stringContaining("print(x + 1)") });
    const output = textOf(events, "exec-stdout");
    expect(output).toContain("é 42 1000 /workspace\n");
    expect(output).toContain("43\n");
    const ends = events.filter((event) => event.type === "exec-end").map(({ data }) => data);
    expect(ends).toMatchObject([
      { status: "exited", exitCode: 0 },
      { status: "exited", exitCode: 1, error: { name: "ZeroDivisionError", message: "division by zero" } },
    ]);
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "failed", exitCode: 1 } });
    expect(upstream.requests[0]).toMatchObject({ model: "scripted" });
  });

  it("should keep the state of a session, and what was said", async () => {
    const events = await eventsOf(ask(started.host, "And now?", "mine"));
    expect(textOf(events, "exec-stdout")).toBe("42\n");
    expect(events.at(-1)).toMatchObject({ data: { status: "ok", exitCode: 0 } });
    const said = upstream.requests.at(-2)?.messages.map(({ content }) => content);
    expect(said).toEqual(expect.arrayContaining(["What is it?", expect.stringContaining("And now?")]));
  });

  it("should have the limits it was to have, and its port on the loopback interface alone", async () => {
    const [listed] = (await containersOf("oi")).filter(({ Labels }) => Labels["sluicebox.session"] === undefined);
    const { HostConfig: host, Config: config } = await docker.getContainer(listed?.Id ?? "").inspect();
    expect(host).toMatchObject({
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges", expect.stringMatching(/^seccomp=\{/)],
      ReadonlyRootfs: true,
      Memory: 1024 ** 3,
      MemorySwap: 1024 ** 3,
      PidsLimit: 200,
      AutoRemove: true,
      PortBindings: { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
    });
    expect(host.Binds ?? []).toEqual([]);
    expect(config.User).toBe("1000:1000");
    expect(config.Env.join(" ")).not.toContain("key-for-tests");
  });

  it("should leave no container when its host stops", async () => {
    await started[Symbol.asyncDispose]();
    expect(await containersOf("oi")).toEqual([]);
  });
});

describe("a server that is killed in the middle", () => {
  it("should be told of at once, with its program lost, and the next prompt answered", async () => {
    await using upstream = await startUpstream([
      python("print('on it')\nimport time\ntime.sleep(600)"),
      { pieces: ["Here ", "again."] },
    ]);
    await using started = await start(upstream.baseURL);
    let container = "";
    const events = await eventsOf(ask(started.host, "Wait.", "mine"), (event) => {
      if (event.type === "exec-start") container = event.data.container ?? "";
      if (event.type === "exec-stdout" && event.data.text?.includes("on it"))
        void docker.getContainer(container).kill();
    });
    const end = events.find((event) => event.type === "exec-end");
    expect(end?.data).toMatchObject({ status: "lost", exitCode: null, stateLost: true });
    // Told by the end of its container and not by missing heartbeats, which takes seconds.
    expect(events.find((event) => event.type === "error")?.data).toMatchObject({
      code: "SLUICE_SANDBOX_LOST",
      message: expect.stringContaining("its container ended"),
    });
    expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "lost" } });
    const next = await eventsOf(ask(started.host, "Are you there?", "mine"));
    expect(textOf(next, "text-delta")).toBe("Here again.");
    expect(next.at(-1)).toMatchObject({ data: { status: "ok" } });
  });

  it("should end with a run that is cancelled, container and all", async () => {
    await using upstream = await startUpstream([python("print('on it')\nimport time\ntime.sleep(600)")]);
    await using started = await start(upstream.baseURL, { pool: 0 });
    const running = ask(started.host, "Wait.");
    const events = await eventsOf(running, (event) => {
      if (event.type === "exec-stdout") running.cancel();
    });
    expect(events.at(-1)).toMatchObject({ data: { status: "cancelled" } });
    await expect.poll(() => containersOf("oi"), patience).toEqual([]);
  });

  it("should end its container when it dies alone inside", async () => {
    await using upstream = await startUpstream([python("print('on it')\nimport time\ntime.sleep(600)")]);
    await using started = await start(upstream.baseURL, { pool: 0 });
    let container = "";
    const events = await eventsOf(ask(started.host, "Wait."), (event) => {
      if (event.type === "exec-start") container = event.data.container ?? "";
      if (event.type !== "exec-stdout" || !event.data.text?.includes("on it")) return;
      // The first child of process 1 is the server.
      const kill = "kill -KILL $(cut -d' ' -f1 /proc/1/task/1/children)";
      void docker
        .getContainer(container)
        .exec({ Cmd: ["sh", "-c", kill] })
        .then((exec) => exec.start({}));
    });
    expect(events.find((event) => event.type === "exec-end")?.data).toMatchObject({ status: "lost" });
    expect(events.find((event) => event.type === "error")?.data).toMatchObject({ code: "SLUICE_SANDBOX_LOST" });
    await expect.poll(() => containersOf("oi"), patience).toEqual([]);
  });

  it("should be gone with a host that is killed", async () => {
    const home = mkdtempSync(join(tmpdir(), "sluice-test-"));
    const fixture = fileURLToPath(new URL("./open-interpreter-host.fixture.ts", import.meta.url));
    const host = spawn(process.execPath, [fixture, home], { stdio: ["pipe", "ignore", "inherit"] });
    try {
      await expect.poll(async () => (await containersOf("oi", host.pid)).length, patience).toBe(1);
    } finally {
      host.kill("SIGKILL");
      rmSync(home, { recursive: true, force: true });
    }
    await expect.poll(() => containersOf("oi", host.pid), patience).toEqual([]);
  });
});

describe("a server that only writes code", () => {
  it("should leave it to the sandbox that follows", async () => {
    await using upstream = await startUpstream([python("print(6 * 7)", "I multiply.\n")]);
    await using started = await start(upstream.baseURL, { pool: 0, autoRun: false }, ["oi", "box"]);
    const events = await eventsOf(ask(started.host, "What is it?"));
    const execution = events.filter(({ type }) => type.startsWith("exec-"));
    expect(new Set(execution.map(({ source }) => source))).toEqual(new Set(["box"]));
    expect(textOf(events, "exec-stdout")).toBe("42\n");
    expect(events.at(-1)).toMatchObject({ data: { status: "ok", exitCode: 0 } });
  });
});
