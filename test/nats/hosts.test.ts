import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { hostsTable, placesTable } from "../../bin/hosts/hosts-table.ts";
import { createHost, type Host } from "../../core/index.ts";
import { clusterConfig, clusterHost, eventually, home, hostProcess } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

/** Resolves when a host has heard the names of others. */
const untilNamed = (host: Host, ...names: readonly string[]) =>
  eventually(() => names.every((name) => host.cluster?.hosts.some((each) => each.name === name)));

describe.skipIf(natsServer === undefined)("the hosts of a cluster", () => {
  let server: TestNats;
  beforeAll(async () => {
    server = await TestNats.start([], { owned: false });
  });
  afterAll(() => server.remove());

  it("should be listed by each with capacity, use, what waits, and where each run is", async () => {
    const server = await TestNats.start();
    const giver = await clusterHost(server.url, { capacity: 0, name: "giver", delay: "1s" });
    await clusterHost(server.url, { capacity: 2, name: "taker", delay: "1s" });
    await untilNamed(giver, "taker");
    const runs = Array.from({ length: 3 }, () => giver.runs.open({ input: { text: "go" }, owner: "me" }));
    const overview = async () => giver.operation.hosts();
    await eventually(async () => {
      const { hosts, waiting } = await overview();
      const taker = hosts.find(({ name }) => name === "taker");
      return taker?.running === 2 && taker.use?.runs.length === 2 && waiting === 1;
    });
    const { hosts } = await overview();
    expect(hosts.map(({ name, state, own, capacity }) => [name, state, own, capacity]).toSorted()).toEqual([
      ["giver", "ok", true, 0],
      ["taker", "ok", false, 2],
    ]);
    const named = hosts.flatMap(({ use }) => use?.runs.map(({ run }) => run) ?? []);
    expect(runs.map(({ run }) => run)).toEqual(expect.arrayContaining(named));
    expect(hostsTable(await overview())).toMatch(/taker +ok +2\/2 /);
    expect(hostsTable(await overview())).toContain("2 hosts, 2 of 2 places in use, 1 run in the queue");
    expect(placesTable(await overview())).toMatch(/^r_\S+ +taker +chat/m);
    const ended = Promise.all(runs.map(({ done }) => done)).then(() => true);
    await eventually(async () => {
      for (const each of runs) each.cancel();
      return Promise.race([ended, new Promise<false>((resolve) => setTimeout(resolve, 100, false))]);
    });
  });

  it("should take as many runs as their models bear, where nobody says a number", async () => {
    const { plugins, ...rest } = clusterConfig(server.url, { name: "bounded" });
    const { capacity: _capacity, ...queue } = plugins.queue.with;
    const limits = { concurrent: 3 };
    const bounded = { use: "llm-openai", with: { model: "m", apiKey: "k", baseURL: "http://127.0.0.1:9/v1", limits } };
    const config = { ...rest, plugins: { ...plugins, queue: { ...plugins.queue, with: queue }, bounded } };
    const host = await createHost({
      ...{ config: { ...config, flows: { chat: ["words", "bounded"] } }, transports: true },
      env: home(),
    });
    onTestFinished(() => host.close({ drain: 0 }));
    const own = async () => (await host.operation.hosts()).hosts.find((each) => each.own);
    expect(await own()).toMatchObject({ capacity: 3, bound: "bounded" });
    expect(hostsTable(await host.operation.hosts())).toContain("0/3 (bounded)");
    await host.operation.setAt("bounded", "bounded", { limits: { concurrent: 5 } }, "me");
    expect(await own()).toMatchObject({ capacity: 5 });
  });

  it("should show a stranger how many runs there are, and not which", async () => {
    const server = await TestNats.start();
    const host = await clusterHost(server.url, { capacity: 2 });
    const run = host.runs.open({ input: { text: "go" }, owner: "wire:somebody/1" });
    await eventually(async () => (await host.operation.hosts()).hosts[0]?.active === 1);
    const seen = host.forTransport("wire").as({ name: "stranger", role: "read" });
    expect((await seen.operation.hosts()).hosts[0]).toMatchObject({ active: 1, use: { runs: [], more: 1 } });
    run.cancel();
    await run.done;
  });

  it("should take a changed setting at all of them, and name the one that refuses", async () => {
    const server = await TestNats.start();
    const one = await clusterHost(server.url, { name: "one" });
    const other = await clusterHost(server.url, { name: "other" });
    const { plugins, ...rest } = clusterConfig(server.url, { name: "odd" });
    const { words: _words, ...others } = plugins;
    await hostProcess({ ...rest, plugins: { ...others, speech: { use: "llm-scripted" } }, flows: { chat: "speech" } });
    await untilNamed(one, "odd", "other");
    const changes = await one.operation.setAt("all", "words", { delay: "5ms" }, "me");
    expect(changes.map(({ name, error }) => [name, error?.code]).toSorted()).toEqual([
      ["odd", "SLUICE_CONFIG_UNKNOWN_REFERENCE"],
      ["one", undefined],
      ["other", undefined],
    ]);
    expect(other.settings.get("words")["delay"]).toBe(5);
    const refused = await one.operation.setAt("other", "nobody", { delay: "5ms" }, "me");
    expect(refused).toMatchObject([{ name: "other", error: { code: "SLUICE_CONFIG_UNKNOWN_REFERENCE" } }]);
    // By the beginning of its id, as `sluice hosts` shows it.
    const named = await one.operation.setAt(other.info.host.slice(0, 8), "words", { delay: "6ms" }, "me");
    expect(named).toEqual([{ host: other.info.host, name: "other" }]);
    expect(other.settings.get("words")["delay"]).toBe(6);
    await expect(one.operation.setAt("elsewhere", "words", {}, "me")).rejects.toMatchObject({
      code: "SLUICE_HOST_UNAVAILABLE",
    });
    const reader = one.forTransport("wire").as({ name: "reader", role: "operate" });
    await expect(reader.operation.setAt("all", "words", { delay: "1ms" }, "me")).rejects.toMatchObject({
      code: "SLUICE_WIRE_FORBIDDEN",
    });
    expect(other.settings.get("words")["delay"]).toBe(6);
  });

  it("should say which are old when NATS cannot be asked, and go on with their own", async () => {
    const server = await TestNats.start();
    const host = await clusterHost(server.url);
    await server.kill();
    await eventually(async () => (await host.operation.hosts()).cutOff !== undefined);
    const { hosts } = await host.operation.hosts();
    expect(hosts).toHaveLength(1);
    await eventually(async () => (await host.operation.hosts()).hosts[0]?.state === "degraded");
  });
});
