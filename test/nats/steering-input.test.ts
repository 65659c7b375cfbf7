import { describe, expect, it, onTestFinished } from "vitest";
import { createHost } from "../../core/index.ts";
import { clusterConfig, eventually, home, untilSeen } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";
import { all, clientAt, has } from "./steering-kit.ts";

const program = `
name = input("name? ")
print("hello " + name, flush=True)
try:
    import time
    time.sleep(600)
except KeyboardInterrupt:
    print("interrupted")
`;

async function boxHost(url: string, capacity: number) {
  const { plugins, ...rest } = clusterConfig(url, { capacity });
  const box = { use: "docker-sandbox", with: { pool: 0, memory: "256m", preload: [] } };
  const wire = { use: "websocket", with: { listen: "127.0.0.1:0" } };
  const config = { ...rest, plugins: { ...plugins, box, wire }, flows: { run: "box" } };
  const host = await createHost({ config, transports: true, env: home() });
  onTestFinished(() => host.close({ drain: 0 }));
  return host;
}

describe.skipIf(natsServer === undefined)("a program in a container of another host", () => {
  it("should be given a line that it waits for over the wire, and be interrupted", async () => {
    const server = await TestNats.start();
    const [asked, having] = await Promise.all([boxHost(server.url, 0), boxHost(server.url, 1)]);
    await untilSeen(asked, 2);
    const client = clientAt(asked);
    const stream = client.run("run", { code: program, language: "python" }, { interactive: true });
    const events = all(stream);
    const run = await stream.opened;
    await eventually(() => has(asked, run, "input-request"));
    expect(having.runs.active).toBe(1);
    await client.input(run, { kind: "stdin", text: "you\n" });
    await eventually(() => has(asked, run, "exec-stdout"));
    expect(await client.interrupt(run)).toBe(true);
    const told = await events;
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
    const printed = told.flatMap((event) =>
      event.type === "exec-stdout" && "text" in event.data ? [event.data.text] : [],
    );
    expect(printed.join("")).toContain("hello you\n");
    expect(printed.join("")).toContain("interrupted");
    expect(told.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok", exitCode: 0 } });
  });
});
