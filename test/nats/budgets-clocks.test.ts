import { describe, expect, it } from "vitest";
import { statuses, used } from "./budgets-kit.ts";
import { clusterConfig, clusterHost, eventually, hostProcess, words } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const script = ["Done."];

describe.skipIf(natsServer === undefined)("the budget of a client", () => {
  it("should count on where hosts' clocks are off by minutes, and where a host has died", async () => {
    const server = await TestNats.start();
    const budgets = { client: { tokens: 1_500, per: "10m" } };
    const here = await clusterHost(server.url, { capacity: 0, script, budgets });
    const config = clusterConfig(server.url, { capacity: 1, script: [words], repeat: true, delay: "0ms", budgets });
    const early = await hostProcess(config, [], -17);
    expect(new Set(await statuses(here, 7, "wire:me"))).toContain("budget");
    const before = await used(here);
    early.child.kill("SIGKILL");
    await eventually(() => here.cluster?.hosts.length === 1);
    await hostProcess(config, [], 17);
    await eventually(() => here.cluster?.hosts.length === 2);
    const after = await statuses(here, 3, "wire:me");
    expect(after.at(-1)).toBe("budget");
    expect(await used(here)).toBeGreaterThanOrEqual(before);
    expect(await used(here)).toBeLessThanOrEqual(1_500);
  });
});
