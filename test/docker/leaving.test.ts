import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/contract/index.ts";
import type { Host } from "../../core/index.ts";
import { startTestHost } from "../../core/testing/index.ts";
import { speak, Upstream } from "../core/kit/upstream/upstream.ts";
import { TestSocket } from "../plugins/websocket/websocket-kit.ts";

const docker = new Docker();

/** A program with a child and a grandchild, that says so when all of them run. */
const program = `
import subprocess, sys, time
inner = "import subprocess; p = subprocess.Popen(['sleep', '6001']); print('go', flush=True); p.wait()"
child = subprocess.Popen([sys.executable, "-c", inner], stdout=subprocess.PIPE, text=True)
print(child.stdout.readline(), flush=True)
time.sleep(6002)
`;

interface Talk extends AsyncDisposable {
  readonly host: Host;
  readonly upstream: Upstream;
  readonly socket: TestSocket;
  readonly run: string;
  /** Commands in the containers of this process; those of a container that is gone are none. */
  processes(): Promise<readonly string[]>;
}

/** A client over the wire whose run is in the midst of a program that a model wrote. */
async function talk(onDisconnect: "cancel" | "detach"): Promise<Talk> {
  const stack = new AsyncDisposableStack();
  const upstream = stack.use(await Upstream.start(speak("Let me wait.\n```python", `${program}\`\`\`\n`)));
  const model = { model: "m", baseURL: `${upstream.url}/v1` };
  const started = stack.use(
    await startTestHost({
      transports: true,
      store: false,
      config: {
        version: 1,
        plugins: {
          gpt: { use: "llm-openai-compatible", with: model },
          box: { use: "docker-sandbox", with: { timeout: "10m" } },
          transport: { use: "websocket", with: { listen: "127.0.0.1:0" } },
        },
        flows: { chat: { loop: ["gpt", "box"], until: "done", max: 4 } },
      },
    }),
  );
  const { host } = started;
  const url = (host.addresses[0] ?? "").replace("http", "ws");
  const socket = await TestSocket.connect(url, { hello: { token: host.info.token } });
  stack.defer(() => socket.socket.terminate());
  const opened = await socket.ask({ t: "open", id: "1", input: { text: "Wait." }, session: "s", onDisconnect });
  const run = String(opened["run"]);
  await socket.next("event", ({ event }) => {
    const { type, data } = event as RunEvent;
    return type === "run-end" || (type === "exec-stdout" && data.text?.includes("go") === true);
  });
  const processes = async () => {
    const filters = JSON.stringify({ label: [`sluicebox.pid=${process.pid}`] });
    const containers = await docker.listContainers({ filters });
    const lists = await Promise.all(
      containers.map(({ Id }) =>
        docker
          .getContainer(Id)
          .top()
          .then(
            ({ Processes }) => Processes as string[][],
            () => [],
          ),
      ),
    );
    return lists.flat().map((columns) => columns.at(-1) ?? "");
  };
  return { host, upstream, socket, run, processes, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const sleeping = (processes: readonly string[]) => processes.filter((command) => /sleep 6001|subprocess/.test(command));

/** All of the run, as the host has it. */
async function eventsOf(host: Host, run: string): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of host.runs.get(run)?.events() ?? []) events.push(event);
  return events;
}

const ways: readonly (readonly [string, (talk: Talk) => unknown])[] = [
  ["closes its socket", ({ socket }) => socket.close()],
  ["is gone without a word", ({ socket }) => socket.socket.terminate()],
  ["cancels by message", ({ socket, run }) => socket.send({ t: "cancel", id: "2", run })],
];

describe("a client whose program runs in a container", () => {
  it.each(ways)("should have it ended, with all that it started, when it %s", async (_name, leave) => {
    const talking = await talk("cancel");
    const { host, upstream, socket, run, processes } = talking;
    try {
      expect(await processes()).toContain("sleep 6001");
      leave(talking);
      const events = await eventsOf(host, run);
      const types = events.map(({ type }) => type);
      expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "cancelled" } });
      expect(events.filter(({ type }) => type === "exec-end")).toMatchObject([{ data: { status: "killed" } }]);
      expect(types.filter((type) => type === "model-start" || type === "run-end")).toEqual(["model-start", "run-end"]);
      await expect.poll(async () => sleeping(await processes())).toEqual([]);
      if (socket.socket.readyState === socket.socket.OPEN) {
        expect(await socket.answer("2")).toMatchObject({ t: "result", result: { cancelled: true } });
        await socket.ended(run);
      }
    } finally {
      await host.close({ drain: 0 });
      await upstream.quiet();
      expect(upstream.bodies).toHaveLength(1);
      await talking[Symbol.asyncDispose]();
    }
  });

  it("should have it go on when it leaves and comes back, and the model asked no more than once", async () => {
    await using talking = await talk("detach");
    const { host, upstream, socket, run, processes } = talking;
    socket.socket.terminate();
    await expect
      .poll(() => host.feed.read(0, 1000, ({ type }) => type === "connection-status").entries.map(({ event }) => event))
      .toContainEqual(expect.objectContaining({ data: expect.objectContaining({ status: "closed" }) }));
    expect(await processes()).toContain("sleep 6001");
    const back = await TestSocket.connect(socket.socket.url, { hello: { token: host.info.token } });
    expect(await back.ask({ t: "cancel", id: "2", run })).toMatchObject({ result: { cancelled: true } });
    expect((await eventsOf(host, run)).at(-1)).toMatchObject({ type: "run-end", data: { status: "cancelled" } });
    await expect.poll(async () => sleeping(await processes())).toEqual([]);
    back.close();
    expect(upstream.bodies).toHaveLength(1);
  });
});
