import { firstValueFrom } from "rxjs";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RunEvent } from "../../core/contract/index.ts";
import { createHost, type Host } from "../../core/index.ts";
import { clusterConfig, eventually, home, seqs, untilSeen, upTo, whole } from "./cluster-kit.ts";
import { CutLink } from "./cut-link.ts";
import { natsServer, TestNats } from "./nats-server.ts";
import { has } from "./steering-kit.ts";

const mebibyte = 1024 * 1024;
const input = { text: "go" };
const statusOf = async (host: Host) => (await firstValueFrom(host.status$)).find(({ id }) => id === "store");
const code = "Now.\n\n```bash\ntrue\n```\n";
/** Each delta is one event of 256 KiB. */
const large = { text: "0123456789abcdef".repeat(48 * 65_536), chunk: 256 * 1024, delay: "2ms" };

/** A host whose runs wait for a word, and then say 48 MiB each. */
async function largeHost(url: string, capacity: number): Promise<Host> {
  const { plugins, ...rest } = clusterConfig(url, { capacity, silence: "60s", script: [code], repeat: true });
  const config = {
    ...rest,
    plugins: {
      ...plugins,
      ask: { use: "approve" },
      box: { use: "sandbox-scripted", with: { repeat: true } },
      large: { use: "llm-scripted", with: { script: [large], repeat: true } },
    },
    flows: { chat: ["words", "ask", "box", "large"] },
  };
  const host = await createHost({ config, transports: true, env: home() });
  onTestFinished(() => host.close({ drain: 0 }));
  return host;
}

describe.skipIf(natsServer === undefined)("a host that is cut off", () => {
  it("should hold 32 MiB at most of what waits, and say what does not fit", async () => {
    const server = await TestNats.start();
    const link = await CutLink.to(server.url);
    const behind = await largeHost(link.url, 2);
    const other = await largeHost(server.url, 0);
    await untilSeen(other, 2);
    const runs = ["one", "two"].map((session) => behind.runs.open({ input, session, interactive: true }).run);
    for (const run of runs) await eventually(() => has(other, run, "approval-request"));
    const reading = runs.map((run) => whole(other, run));
    link.cut("dropped");
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, behind.journal.waiting);
    }, 1);
    for (const run of runs) await behind.runs.ownRun(run)?.input({ kind: "approval", approved: true });
    await eventually(() => behind.runs.active === 0);
    clearInterval(watching);
    expect(most).toBeGreaterThan(16 * mebibyte);
    // One event may come on top.
    expect(most).toBeLessThanOrEqual(32.5 * mebibyte);
    await eventually(() => behind.journal.cutOff);
    expect((await statusOf(behind))?.status).toBe("degraded");
    const refused = expect.objectContaining({ code: "SLUICE_HOST_CUT_OFF" });
    expect(() => behind.runs.open({ input, session: "new" })).toThrow(refused);
    // Nobody is shown an end while others could write another one.
    expect((await other.runs.list()).map(({ status }) => status)).toEqual(["running", "running"]);
    link.mend();
    for (const events of await Promise.all(reading)) {
      expect(seqs(events)).toEqual(upTo(events.length));
      const [error, end] = events.slice(-2) as [RunEvent, RunEvent];
      expect(error).toMatchObject({ type: "error", data: { code: "SLUICE_HOST_CUT_OFF" } });
      expect(end).toMatchObject({ type: "run-end", data: { status: "failed" } });
    }
    await eventually(async () => (await statusOf(behind))?.status === "ok");
    await eventually(() => behind.journal.waiting === 0);
  });
});
