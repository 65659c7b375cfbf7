import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../../core/contract/index.ts";
import { storeCases } from "../../core/testing/contract/store-cases.ts";
import { runOf } from "../plugins/store-sqlite/store-kit.ts";
import { openNatsStore } from "./nats-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

let server: TestNats;
const seqs = (events: readonly RunEvent[]) => events.map(({ seq }) => seq);
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe.skipIf(natsServer === undefined)("store-nats", () => {
  beforeAll(async () => {
    server = await TestNats.start([], { owned: false });
  });
  afterAll(() => server.remove());
  let clusters = 0;
  const cluster = () => {
    clusters += 1;
    return `c${clusters}`;
  };

  for (const { name, run } of storeCases) {
    it(`${name}, as every store`, async () => run(await openNatsStore(server.url, { name: cluster() }), {}));
  }

  it("should give any host any run, from after any place, however it was written", async () => {
    const name = cluster();
    const [writer, reader] = [await openNatsStore(server.url, { name }), await openNatsStore(server.url, { name })];
    const events = runOf("r1", 600);
    for (let at = 0; at < events.length; at += 3) await writer.append(events.slice(at, at + 3));
    for (const after of [0, 1, 2, 3, 299, 300, 301, 600, 601, 602]) {
      const found = await reader.read("r1", after, 50);
      expect(seqs(found)).toEqual(upTo(Math.min(602, after + 50), after + 1));
    }
    expect(JSON.stringify(await reader.read("r1", 0, 1_000))).toBe(JSON.stringify(events));
  });

  it("should refuse a second writer, and interleave nothing", async () => {
    const name = cluster();
    const [one, other] = [await openNatsStore(server.url, { name }), await openNatsStore(server.url, { name })];
    const events = runOf("r1", 20);
    await one.append(events.slice(0, 10));
    await expect(other.append(events.slice(0, 5))).rejects.toMatchObject({ code: "SLUICE_RUN_TAKEN" });
    await other.append(events.slice(10, 12));
    await expect(one.append(events.slice(10, 15))).rejects.toMatchObject({ code: "SLUICE_RUN_TAKEN" });
    expect(seqs(await one.read("r1", 0, 100))).toEqual(upTo(12));
  });

  it("should let one of many hosts write the end of a run that was left", async () => {
    const name = cluster();
    const left = await openNatsStore(server.url, { name });
    const events = runOf("r1", 8);
    await left.append(events.slice(0, 9));
    const others = await Promise.all(upTo(5).map(() => openNatsStore(server.url, { name })));
    const results = await Promise.allSettled(others.map((other) => other.append(events.slice(9))));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(seqs(await left.read("r1", 0, 100))).toEqual(upTo(10));
    expect(await left.runs({ run: "r1" })).toMatchObject([{ status: "ok", lastSeq: 10 }]);
  });

  it("should keep events that are larger than a message may be", async () => {
    const store = await openNatsStore(server.url, { name: cluster() });
    const events = runOf("r1", 2);
    // Noise does not pack.
    const noise = Array.from({ length: 3 << 20 }, () => String.fromCharCode(32 + Math.random() * 90)).join("");
    const large = { ...events[1], data: { text: noise } } as RunEvent;
    const all = [events[0], large, ...events.slice(2)] as RunEvent[];
    await store.append(all);
    expect(JSON.stringify(await store.read("r1", 0, 100))).toBe(JSON.stringify(all));
  });

  it("should wake those who follow a run at another host", async () => {
    const name = cluster();
    const [writer, reader] = [await openNatsStore(server.url, { name }), await openNatsStore(server.url, { name })];
    const events = runOf("r1", 3);
    await writer.append(events.slice(0, 2));
    const woken = Promise.withResolvers<void>();
    const stop = reader.watch("r1", () => woken.resolve());
    await reader.probe();
    await writer.append(events.slice(2));
    await woken.promise;
    expect(seqs(await reader.read("r1", 2, 100))).toEqual([3, 4, 5]);
    stop();
  });

  it("should answer searches over all runs, and tell the same of them at every host", async () => {
    const name = cluster();
    const [one, other] = [await openNatsStore(server.url, { name }), await openNatsStore(server.url, { name })];
    for (const run of ["r1", "r2", "r3"]) await one.append(runOf(run, 2, run !== "r2"));
    for (const store of [one, other]) {
      const names = async (query: object) => (await store.runs(query)).map(({ run }) => run);
      expect(await names({})).toEqual(["r3", "r2", "r1"]);
      expect(await names({ search: "ASK r3" })).toEqual(["r3"]);
      expect(await names({ status: "ok", limit: 1 })).toEqual(["r3"]);
      expect(await names({ session: "s-r2" })).toEqual(["r2"]);
      expect(await store.unfinished()).toMatchObject([{ run: "r2", lastSeq: 3 }]);
    }
  });

  it("should keep as many ended runs as it is told", async () => {
    const name = cluster();
    const store = await openNatsStore(server.url, { name, keepRuns: 20, silence: 1_000 });
    for (let index = 0; index < 110; index += 1) await store.append(runOf(`r${index}`, 1, index !== 3));
    // After its start it looks for old ones by itself.
    while ((await store.runs({ limit: 1000 })).length > 21) await new Promise((resolve) => setTimeout(resolve, 20));
    const kept = (await store.runs({ limit: 1000 })).map(({ run }) => run);
    expect(kept).toContain("r3");
    expect(kept).toContain("r109");
    expect(await store.read("r1", 0, 10)).toEqual([]);
  });
});
