import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/contract/index.ts";
import { clusterConfig, clusterHost, hostProcess, reached, seqs, upTo, whole } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const input = { text: "go" };
const count = (events: readonly RunEvent[], type: RunEvent["type"]) =>
  events.filter((each) => each.type === type).length;

describe.skipIf(natsServer === undefined)("runs whose host dies", () => {
  it("should end as lost, once, and be executed again where the flow bears it", async () => {
    const server = await TestNats.start();
    const giver = await clusterHost(server.url, { capacity: 0, attempts: 2 });
    const doomed = await hostProcess(clusterConfig(server.url, { capacity: 4, attempts: 2 }));
    const runs = ["once", "chat"].map((flow) => giver.runs.open({ input, flow }).run);
    const reading = runs.map((run) => whole(giver, run));
    for (const run of runs) await reached(giver, run, 10);
    await clusterHost(server.url, { capacity: 4, attempts: 2 });
    doomed.child.kill("SIGKILL");
    const [once = [], again = []] = await Promise.all(reading);
    for (const events of [once, again]) expect(seqs(events)).toEqual(upTo(events.length));
    expect([once.at(-1)?.data, again.at(-1)?.data]).toMatchObject([{ status: "lost" }, { status: "ok" }]);
    expect([count(once, "run-end"), count(once, "rewind")]).toEqual([1, 0]);
    expect([count(again, "run-end"), count(again, "rewind")]).toEqual([1, 1]);
  });
});
