import { describe, expect, it, onTestFinished } from "vitest";
import type { RunEvent } from "../../core/contract/index.ts";
import { createHost, type Host } from "../../core/index.ts";
import { clusterConfig, eventually, home, untilSeen, whole } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

/** A host whose programs run in containers. */
async function boxHost(url: string, name: string): Promise<Host> {
  const { plugins, ...rest } = clusterConfig(url, { capacity: 2, name });
  const box = { use: "docker-sandbox", with: { pool: 0, memory: "256m", preload: [] } };
  const config = { ...rest, plugins: { ...plugins, box }, flows: { run: "box" } };
  const host = await createHost({ config, transports: true, env: home() });
  onTestFinished(() => host.close({ drain: 0 }));
  return host;
}

const output = (events: readonly RunEvent[]) =>
  events.map((event) => (event.type === "exec-stdout" && "text" in event.data ? event.data.text : "")).join("");

/** What a host logs from now on. */
function logsOf(host: Host): readonly string[] {
  const lines: string[] = [];
  host.hostEvents$.subscribe((event) => event.type === "log" && lines.push(event.data.message));
  return lines;
}

/** What a cell of the session prints. */
async function printed(host: Host, code: string, session = "talk"): Promise<string> {
  const run = host.runs.open({ input: { code, language: "python" }, session, owner: "me" });
  const events = await whole(host, run.run);
  expect(events.at(-1)).toMatchObject({ data: { status: "ok" } });
  return output(events);
}

const write = "import os; os.makedirs('data', exist_ok=True); open('data/a.bin', 'wb').write(bytes(range(256)) * 4096)";
const slow = "import time; print('begun', flush=True); time.sleep(2); print('done')";

describe.skipIf(natsServer === undefined)("sessions with containers of a host that drains", () => {
  it("should go on at another host with their files, and end with a reason where they cannot", async () => {
    const server = await TestNats.start();
    const [leaving, staying] = await Promise.all([boxHost(server.url, "leaving"), boxHost(server.url, "staying")]);
    await Promise.all([untilSeen(leaving, 2), untilSeen(staying, 2)]);
    await Promise.all([
      printed(leaving, `x = 41; ${write}`),
      printed(leaving, "import os; open('large.bin', 'wb').write(os.urandom(65 << 20))", "large"),
    ]);
    const logs = logsOf(leaving);
    // A program that is under way ends by itself, and nothing new begins meanwhile.
    const busy = leaving.runs.open({ input: { code: slow, language: "python" }, session: "talk", owner: "me" });
    await eventually(() => staying.journal.has(busy.run));
    for await (const event of staying.journal.events(busy.run)) if (event.type === "exec-stdout") break;
    const closed = leaving.close({ drain: 60_000 });
    const late = leaving.runs.open({ input: { code: "print(1)", language: "python" }, session: "new", owner: "me" });
    expect((await late.done).data).toMatchObject({ status: "failed", reason: "the host is stopping" });
    const put = [{ path: "late.txt", content: new Uint8Array(1) }];
    await expect(leaving.sessions.put("new", put, "me")).rejects.toMatchObject({ code: "SLUICE_HOST_STOPPING" });
    await closed;
    expect(output(await whole(staying, busy.run))).toBe("begun\ndone\n");
    expect(logs.join("\n")).toMatch(/the session talk is left to other hosts: 1 file is kept/);
    expect(logs.join("\n")).toMatch(/the session large is left to other hosts: 1 file of 68157440 bytes: too much/);

    const read = "print(len(open('data/a.bin', 'rb').read()), 'x' in globals())";
    expect(await printed(staying, read)).toBe("1048576 False\n");
    const last = logsOf(staying);
    await staying.close({ drain: 0 });
    expect(last.join("\n")).toMatch(/the session talk ends with its host/);
  });
});
