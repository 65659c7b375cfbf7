import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterConfig, clusterHost, eventually, hostProcess, seqs, untilSeen, upTo, whole } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const input = { text: "go" };

describe.skipIf(natsServer === undefined)("runs of a cluster", () => {
  let server: TestNats;
  beforeAll(async () => {
    server = await TestNats.start([], { owned: false });
  });
  afterAll(() => server.remove());

  it("should be executed by whichever host has room, each once, and be read at each", async () => {
    const server = await TestNats.start();
    const script = ["Done."];
    const giver = await clusterHost(server.url, { capacity: 0, script });
    const takers = await Promise.all([1, 2].map(() => clusterHost(server.url, { capacity: 3, script })));
    const handles = Array.from({ length: 40 }, () => giver.runs.open({ input }));
    const ends = await Promise.all(handles.map(({ done }) => done));
    expect(ends.filter(({ data }) => data.status !== "ok")).toEqual([]);
    for (const { run } of handles) {
      const events = await whole(takers[0] ?? giver, run);
      expect(seqs(events)).toEqual(upTo(events.length));
      expect(events.filter(({ type }) => type === "run-start")).toHaveLength(1);
    }
    const hosts = new Set((await giver.runs.list({ limit: 100 })).map(({ host }) => host));
    expect(takers.map(({ info }) => info.host).filter((each) => !hosts.has(each))).toEqual([]);
    expect(await giver.cluster?.waiting()).toBe(0);
  });

  it("should be steered from any host: cancelled, interrupted, answered", async () => {
    const server = await TestNats.start();
    const giver = await clusterHost(server.url, { capacity: 0 });
    const other = await clusterHost(server.url, { capacity: 0 });
    await clusterHost(server.url, { capacity: 2 });
    const [one, two] = [giver.runs.open({ input }), giver.runs.open({ input })];
    await eventually(async () => (await other.runs.list({ status: "running" })).length === 2);
    expect(await (await other.runs.find(one.run))?.interrupt()).toBe(false);
    await expect((await other.runs.find(one.run))?.input({ kind: "approval", approved: true })).rejects.toMatchObject({
      code: "SLUICE_RUN_NOT_WAITING",
    });
    (await other.runs.find(one.run))?.cancel();
    expect((await one.done).data.status).toBe("cancelled");
    two.cancel();
    expect((await two.done).data.status).toBe("cancelled");
    expect(await other.runs.find("r_nobody")).toBeUndefined();
  });

  it("should be cancelled and followed from any host while they wait", async () => {
    const server = await TestNats.start();
    const giver = await clusterHost(server.url, { capacity: 0 });
    const other = await clusterHost(server.url, { capacity: 0 });
    const [one, two] = [giver.runs.open({ input, owner: "me" }), giver.runs.open({ input, owner: "me" })];
    await eventually(async () => (await other.cluster?.waiting()) === 2);
    one.cancel();
    expect((await one.done).data).toMatchObject({ status: "cancelled" });
    const found = await other.runs.find(two.run);
    expect(found).toMatchObject({ run: two.run, flow: "chat", session: two.session, owner: "me" });
    const followed = whole(other, two.run);
    found?.cancel();
    expect((await two.done).data).toMatchObject({ status: "cancelled" });
    expect((await followed).map(({ type }) => type)).toEqual(["run-start", "run-end"]);
    // Whoever comes then finds nothing to do.
    await clusterHost(server.url, { capacity: 2 });
    await eventually(async () => (await giver.cluster?.waiting()) === 0);
    expect((await giver.runs.list({ limit: 10 })).map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
  });

  it("should be cancelled once and by one, however the cancel and a host with room meet", async () => {
    const server = await TestNats.start();
    const giver = await clusterHost(server.url, { capacity: 0 });
    await clusterHost(server.url, { capacity: 8 });
    const runs = Array.from({ length: 24 }, () => giver.runs.open({ input }));
    await Promise.all(
      runs.map(async (run, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 10));
        run.cancel();
        expect((await run.done).data.status).toBe("cancelled");
      }),
    );
    for (const { run } of runs) {
      const types = (await whole(giver, run)).map(({ type }) => type);
      expect(types.filter((type) => type === "run-start" || type === "run-end")).toEqual(["run-start", "run-end"]);
    }
  });

  it("should take turns between clients, and put the high ones first", async () => {
    const server = await TestNats.start();
    const giver = await clusterHost(server.url, { capacity: 0, script: ["Done."] });
    const greedy = Array.from({ length: 30 }, () => giver.runs.open({ input, owner: "greedy" }));
    const modest = giver.runs.open({ input, owner: "modest" });
    const urgent = giver.runs.open({ input, owner: "greedy", tags: ["priority:high"] });
    await eventually(async () => (await giver.cluster?.waiting()) === 32);
    await clusterHost(server.url, { capacity: 1, script: ["Done."] });
    await Promise.all([...greedy, modest, urgent].map(({ done }) => done));
    const order = (await giver.runs.list({ limit: 100 })).map(({ run }) => run).toReversed();
    expect(order.indexOf(urgent.run)).toBe(0);
    expect(order.indexOf(modest.run)).toBeLessThan(4);
  });

  it("should go to the host that has their session, from any host", async () => {
    const server = await TestNats.start();
    const script = ["First.", "Second."];
    const one = await clusterHost(server.url, { script });
    const other = await clusterHost(server.url, { script });
    await untilSeen(other, 2);
    const first = one.runs.open({ input, session: "talk", owner: "me" });
    expect((await first.done).data.status).toBe("ok");
    const second = other.runs.open({ input, session: "talk", owner: "me" });
    expect((await second.done).data.status).toBe("ok");
    expect(JSON.stringify(await whole(other, second.run))).toContain("Second.");
    expect(other.sessions.list()).toEqual([]);
    const stranger = other.runs.open({ input, session: "talk", owner: "somebody" });
    expect((await stranger.done).data).toMatchObject({ status: "failed" });
    await one.sessions.close("talk");
    await eventually(
      async () =>
        (await other.runs.open({ input, session: "talk", owner: "me" }).done).data.status === "ok" &&
        other.sessions.list().length === 1,
    );
  });

  it("should be left to others by a host that drains, and its own go on", async () => {
    const server = await TestNats.start();
    const giver = await clusterHost(server.url, { capacity: 0, delay: "5ms" });
    const leaving = await hostProcess(clusterConfig(server.url, { capacity: 1, delay: "5ms" }));
    const runs = Array.from({ length: 4 }, () => giver.runs.open({ input }));
    await eventually(async () => (await giver.runs.list({ status: "running" })).length === 1);
    const left = leaving.close();
    await clusterHost(server.url, { capacity: 4, delay: "5ms" });
    const ends = await Promise.all(runs.map(({ done }) => done));
    expect(ends.map(({ data }) => data.status)).toEqual(["ok", "ok", "ok", "ok"]);
    await left;
  });
});
