import { describe, expect, it } from "vitest";
import { clusterConfig, clusterHost, eventually, hostProcess, untilSeen } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const input = { text: "go" };

describe.skipIf(natsServer === undefined)("hosts whose clocks are off by minutes", () => {
  it("should not think each other dead, and find out who is", async () => {
    const server = await TestNats.start();
    const here = await clusterHost(server.url, { capacity: 0 });
    const config = clusterConfig(server.url, { capacity: 2, delay: "10ms" });
    const [early, late] = await Promise.all([hostProcess(config, [], -17), hostProcess(config, [], 17)]);
    const hosts = await untilSeen(here, 3);
    expect(hosts.map(({ host }) => host)).toEqual(expect.arrayContaining([early.host, late.host]));
    const runs = Array.from({ length: 6 }, () => here.runs.open({ input }));
    const ends = await Promise.all(runs.map(({ done }) => done));
    expect(ends.map(({ data }) => data.status)).toEqual(runs.map(() => "ok"));
    const minutes = new Set(ends.map(({ time }) => Math.round((Date.parse(time) - Date.now()) / 60_000)));
    expect([...minutes].every((each) => Math.abs(each) > 10)).toBe(true);
    early.child.kill("SIGKILL");
    await eventually(() => here.cluster?.hosts.length === 2);
    expect(here.cluster?.hosts.map(({ host }) => host)).toContain(late.host);
  });
});
