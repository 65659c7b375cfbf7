import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type RunEvent, SluiceClient } from "../../core/client/index.ts";
import { startTestHost, type TestHost } from "../../core/testing/index.ts";

/** What the socket adds to what the host does by itself: both are measured side by side, on one host. */

const docker = hasDocker();
let started: TestHost;
let client: SluiceClient;

beforeAll(async () => {
  started = await startTestHost({
    config: {
      version: 1,
      plugins: {
        actor: { use: "llm-scripted", with: { script: ["Hello there, reader."], repeat: true } },
        ...(docker ? { box: { use: "docker-sandbox", with: { output: "1g" } } } : {}),
        door: { use: "websocket", with: { listen: "127.0.0.1:0" } },
      },
      flows: { chat: "actor", ...(docker ? { run: "box" } : {}) },
    },
    env: { PATH: process.env["PATH"] },
    doors: true,
    store: false,
  });
  const { host } = started;
  client = new SluiceClient({ url: host.addresses[0] ?? "", token: host.info.token ?? "", window: 4096 });
  await client.ready();
}, 600_000);

afterAll(async () => {
  client.close();
  await started[Symbol.asyncDispose]();
});

/** Reads to the first event of a type, or to the end. */
async function until(events: AsyncIterable<RunEvent>, type: RunEvent["type"]): Promise<void> {
  let found = false;
  for await (const event of events) found ||= event.type === type;
  if (!found) throw new Error(`no ${type} came`);
}

test("an answer of a model, from the asking to its end", async ({ bench }) => {
  await bench.compare(
    bench("in the host's process", () =>
      until(started.host.runs.open({ flow: "chat", input: { text: "x" } }).events(), "text-delta"),
    ),
    bench("over the WebSocket", () => until(client.run("chat", "x"), "text-delta")),
  );
});

describe.runIf(docker)("with a sandbox", () => {
  const print = { code: "print(1+1)", language: "python" };
  const flood = {
    code: `import sys\nfor _ in range(60): sys.stdout.write(("x" * 79 + "\\n") * 800)`,
    language: "python",
  };

  test("a warm print(1+1), from the asking to its end", async ({ bench }) => {
    const local = () => started.host.runs.open({ flow: "run", input: print, session: "bench" }).events();
    await until(local(), "exec-stdout");
    await bench.compare(
      bench("in the host's process", () => until(local(), "exec-stdout")),
      bench("over the WebSocket", () => until(client.run("run", print, { session: "bench" }), "exec-stdout")),
    );
  });

  test("4 MB of standard output", async ({ bench }) => {
    const local = () => started.host.runs.open({ flow: "run", input: flood, session: "bench" }).events();
    await bench.compare(
      bench("in the host's process", () => until(local(), "run-end")),
      bench("over the WebSocket", () => until(client.run("run", flood, { session: "bench" }), "run-end")),
    );
  });
});

function hasDocker(): boolean {
  try {
    execFileSync("docker", ["version"], { stdio: "ignore", timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}
