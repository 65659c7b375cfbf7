import { describe, expect, it } from "vitest";
import { clusterConfig, clusterHost, eventually, hostProcess, reached, seqs, upTo, whole } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const input = { text: "go" };

describe.skipIf(natsServer === undefined)("runs of which host after host dies", () => {
  it("should end as lost when as many hosts have died of them as the flow allows", async () => {
    const server = await TestNats.start();
    const giver = await clusterHost(server.url, { capacity: 0, attempts: 2 });
    const config = clusterConfig(server.url, { capacity: 4, attempts: 2, delay: "200ms" });
    const both = await Promise.all([hostProcess(config), hostProcess(config)]);
    const handle = giver.runs.open({ input });
    const reading = whole(giver, handle.run);
    await reached(giver, handle.run, 3);
    const hostOf = async () => (await giver.runs.list({ run: handle.run }))[0]?.host;
    const began = await hostOf();
    const [first, second] = both[0].host === began ? both : both.toReversed();
    first?.child.kill("SIGKILL");
    await eventually(async () => (await hostOf()) === second?.host);
    await clusterHost(server.url, { capacity: 4, attempts: 2 });
    second?.child.kill("SIGKILL");
    const events = await reading;
    expect(seqs(events)).toEqual(upTo(events.length));
    expect(events.at(-1)?.data).toMatchObject({ status: "lost" });
    expect(events.filter(({ type }) => type === "rewind").map(({ data }) => data)).toMatchObject([{ attempt: 2 }]);
    // Nobody takes it again.
    await eventually(async () => (await giver.cluster?.find(handle.run)) === undefined);
  });
});
