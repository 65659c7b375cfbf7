import { describe, expect, it } from "vitest";
import type { Host } from "../../core/index.ts";
import { statuses, used } from "./budgets-kit.ts";
import { clusterHost, untilSeen, words } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const script = ["Done."];

describe.skipIf(natsServer === undefined)("the budget of a client", () => {
  it("should hold for the sum over three hosts, whichever runs what, and be used up", async () => {
    const server = await TestNats.start();
    const budgets = { client: { tokens: 4_000, per: "1h" } };
    const long = { script: [words], repeat: true, delay: "0ms" };
    const hosts = await Promise.all(
      ["a", "b", "c"].map((name) => clusterHost(server.url, { ...long, name, capacity: 1, budgets })),
    );
    const [first, second] = hosts as [Host, Host, Host];
    await untilSeen(first, 3);
    const all = (await Promise.all(hosts.map((host) => statuses(host, 10, "wire:me")))).flat();
    expect(new Set(all)).toEqual(new Set(["ok", "budget"]));
    expect(new Set((await first.runs.list({ limit: 1_000 })).map(({ host }) => host)).size).toBe(3);
    const sum = await used(first);
    expect(sum).toBeLessThanOrEqual(4_000);
    // Each of three answers holds some 500 tokens while it is written.
    expect(sum).toBeGreaterThan(2_000);
    expect(await statuses(second, 1, "wire:somebody")).toEqual(["ok"]);
  });
});

describe.skipIf(natsServer === undefined)("the budget of a session", () => {
  it("should go with the session to another host", async () => {
    const server = await TestNats.start();
    const budgets = { session: { tokens: 900 } };
    const one = await clusterHost(server.url, { script, repeat: true, budgets });
    const other = await clusterHost(server.url, { script, repeat: true, budgets });
    await Promise.all([untilSeen(one, 2), untilSeen(other, 2)]);
    const talk = { input: { text: "word ".repeat(200) }, session: "talk", owner: "me" };
    expect((await one.runs.open(talk).done).data.status).toBe("ok");
    await one.close();
    expect((await other.runs.open(talk).done).data.status).toBe("budget");
  });
});
