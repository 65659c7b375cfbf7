import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalPage } from "../../../core/contract/index.ts";
import { Journals } from "../../../core/journal/journal.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { openStore, temporaryFolder } from "../../plugins/store-sqlite/store-kit.ts";
import { collect, delta, end, newJournals, start, TestStore } from "./journal-kit.ts";

function withStore(store: TestStore, options: Parameters<typeof newJournals>[0] = {}) {
  const journals = newJournals(options);
  journals.attach(store);
  return journals;
}

describe("Journals with a store", () => {
  it("should show nothing that the store has not accepted", async () => {
    const store = new TestStore();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const journals = withStore(store);
    journals.open("r1");
    journals.append("r1", start);
    const next = journals.follow("r1").next();
    const early = await Promise.race([next, new Promise((resolve) => setImmediate(() => setImmediate(resolve)))]);
    expect(early).toBeUndefined();
    gate.resolve();
    expect((await next).value).toMatchObject({ kind: "events" });
    expect(store.events.get("r1")).toHaveLength(1);
  });

  it("should write what one turn brings in one batch, and one batch at a time", async () => {
    const store = new TestStore();
    const journals = withStore(store);
    journals.open("r1");
    journals.append("r1", start);
    for (let index = 0; index < 100; index++) journals.append("r1", delta(`${index}`));
    journals.append("r1", end());
    await collect(journals, "r1");
    expect(store.batches).toBe(1);
  });

  it("should read from the store what has left memory, without a hole", async () => {
    const journals = withStore(new TestStore(), { limits: { runEvents: 10 } });
    journals.open("r1");
    journals.append("r1", start);
    for (let index = 0; index < 600; index++) journals.append("r1", delta(`${index}`));
    journals.append("r1", end());
    const events = await collect(journals, "r1", 5);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 597 }, (_, index) => index + 6));
  });

  it("should drop ended runs from memory and read them from the store", async () => {
    const store = new TestStore();
    const journals = withStore(store, { limits: { hostBytes: 1 } });
    journals.open("r1");
    journals.append("r1", start);
    journals.append("r1", end());
    await journals.flush();
    store.error = new Error("asked the store");
    await expect(collect(journals, "r1")).rejects.toThrow("asked the store");
    store.error = undefined;
    expect(await collect(journals, "r1")).toHaveLength(2);
    expect(await journals.has("r1")).toBe(true);
  });

  it("should ask producers to pause while the store is behind, and let them go when it has caught up", async () => {
    const store = new TestStore();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const journals = withStore(store, { limits: { pendingBytes: 10_000 } });
    journals.open("r1");
    journals.append("r1", start);
    expect(journals.pressure()).toBeUndefined();
    journals.append("r1", delta("x".repeat(6_000)));
    const pressure = journals.pressure();
    expect(pressure).toBeInstanceOf(Promise);
    gate.resolve();
    await pressure;
    expect(journals.pressure()).toBeUndefined();
  });

  it("should say once that the store fails, go on from memory, and give it everything when it works again", async () => {
    const clock = new FakeClock();
    const store = new TestStore();
    const said: (string | undefined)[] = [];
    const journals = withStore(store, { clock, onStore: (error) => said.push(error?.code) });
    journals.open("r1");
    journals.append("r1", start);
    await journals.flush();
    store.error = new Error("disk full");
    for (let index = 0; index < 5; index++) {
      journals.append("r1", delta(`${index}`));
      await journals.flush();
    }
    await clock.advance(20_000);
    expect(said).toEqual(["SLUICE_STORE_FAILED"]);
    const page = await journals.follow("r1", 5).next();
    expect(page.value).toMatchObject({ kind: "events" });
    store.error = undefined;
    await clock.advance(5_000);
    expect(said).toEqual(["SLUICE_STORE_FAILED", undefined]);
    journals.append("r1", end());
    await journals.flush();
    expect(store.events.get("r1")?.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("should take a store that never answers as failed", async () => {
    const clock = new FakeClock();
    const store = new TestStore();
    store.gate = new Promise(() => undefined);
    const said: string[] = [];
    const journals = withStore(store, { clock, onStore: (error) => said.push(error?.message ?? "") });
    journals.open("r1");
    journals.append("r1", start);
    journals.append("r1", end());
    const read = collect(journals, "r1");
    await clock.untilSleeping();
    await clock.advance(10_000);
    expect(await read).toHaveLength(2);
    expect(said).toEqual(["The store did not answer within 10000 ms."]);
  });

  it("should keep one run that the store refuses from harming the others", async () => {
    const clock = new FakeClock();
    const store = new TestStore();
    const journals = withStore(store, { clock });
    for (const run of ["r1", "r2"]) {
      journals.open(run);
      journals.append(run, start);
    }
    await journals.flush();
    store.append([{ run: "r1", seq: 2, time: "", ...end() }]);
    journals.append("r1", delta("a"));
    journals.append("r2", delta("b"));
    await journals.flush();
    await clock.advance(5_000);
    for (const run of ["r1", "r2"]) journals.append(run, end());
    expect(await collect(journals, "r1")).toHaveLength(3);
    expect(store.events.get("r2")).toHaveLength(3);
    expect(store.events.get("r1")).toHaveLength(2);
  });

  it("should say which events a failed store and memory both lack", async () => {
    const store = new TestStore();
    store.error = new Error("broken");
    const journals = withStore(store, { limits: { runEvents: 3 } });
    journals.open("r1");
    journals.append("r1", start);
    for (let index = 0; index < 5; index++) journals.append("r1", delta(`${index}`));
    journals.append("r1", end());
    const pages: JournalPage[] = [];
    for await (const page of journals.follow("r1")) pages.push(page);
    expect(pages[0]).toMatchObject({ kind: "gap", from: 1, to: 4, reason: "The store cannot be read." });
    expect(pages[1]).toMatchObject({ kind: "events" });
  });

  it.each([0, 2])("should not read a run that is being deleted as one that has ended, from after %i", async (after) => {
    const store = new TestStore();
    const journals = withStore(store, { limits: { hostBytes: 0 } });
    journals.open("r1");
    journals.append("r1", start);
    for (let index = 0; index < 5; index++) journals.append("r1", delta(`${index}`));
    journals.append("r1", end());
    await journals.flush();
    const [record] = store.runs({ run: "r1" });
    // Its events go first, and then its name.
    store.events.set("r1", []);
    store.runs = () => (record === undefined ? [] : [{ ...record, lastSeq: 0 }]);
    await expect(journals.follow("r1", after).next()).rejects.toMatchObject({ code: "SLUICE_RUN_NOT_FOUND" });
  });

  it("should give a store that comes later what happened before it came", async () => {
    const store = new TestStore();
    const journals = newJournals();
    journals.open("r1");
    journals.append("r1", start);
    await journals.flush();
    journals.attach(store);
    journals.append("r1", end());
    await journals.flush();
    await journals[Symbol.asyncDispose]();
    expect(store.events.get("r1")?.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it("should end runs of dead hosts as lost, once, and let their journals be read", async () => {
    const path = `${temporaryFolder()}/journal.db`;
    const abandoned = newJournals();
    const store = openStore({ path });
    abandoned.attach(store);
    for (const run of ["r1", "r2"]) {
      abandoned.open(run);
      abandoned.append(run, start);
      abandoned.append(run, {
        source: "gpt",
        type: "model-end",
        data: { reason: "stop", usage: { inputTokens: 10, outputTokens: 5 } },
      });
    }
    abandoned.append("r2", end());
    await abandoned.flush();

    const next = newJournals();
    next.attach(openStore({ path, owner: { host: "host-2", pid: 4712, started: "boot/2" } }));
    await store[Symbol.asyncDispose]();
    expect(await next.recover(() => true)).toEqual([]);
    const lost = await next.recover((owner) => owner.pid !== 4711);
    expect(lost).toHaveLength(1);
    expect(lost[0]).toMatchObject({
      run: "r1",
      seq: 3,
      type: "run-end",
      data: { status: "lost", usage: { inputTokens: 10, outputTokens: 5 } },
    });
    expect(await next.recover(() => false)).toEqual([]);
    expect((await collect(next, "r1")).map(({ type }) => type)).toEqual(["run-start", "model-end", "run-end"]);
    expect(await collect(next, "r1", 3)).toEqual([]);
  });

  it("should follow a run that another host writes until it ends or that host is gone", async () => {
    const path = `${temporaryFolder()}/journal.db`;
    const writer = newJournals();
    writer.attach(openStore({ path }));
    for (const run of ["r1", "r2"]) {
      writer.open(run);
      writer.append(run, start);
    }
    await writer.flush();
    const clock = new FakeClock();
    const reader = newJournals({ clock });
    reader.attach(openStore({ path }));
    let alive = true;
    await reader.recover(() => alive);
    const ends = collect(reader, "r1");
    await clock.untilSleeping();
    writer.append("r1", end());
    await writer.flush();
    await clock.advance(200);
    expect((await ends).map(({ type }) => type)).toEqual(["run-start", "run-end"]);
    const lost = collect(reader, "r2");
    await clock.untilSleeping();
    alive = false;
    await clock.advance(5_000);
    expect((await lost).at(-1)).toMatchObject({ type: "run-end", data: { status: "lost" } });
  });

  it("should give every follower every event once, whenever it joins, stops and comes back", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          events: fc.integer({ min: 0, max: 120 }),
          ring: fc.integer({ min: 1, max: 40 }),
          bursts: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
          followers: fc.array(
            fc.record({ joins: fc.integer({ min: 0, max: 20 }), leavesAfter: fc.integer({ min: 1, max: 60 }) }),
            { minLength: 1, maxLength: 6 },
          ),
          slowStore: fc.boolean(),
        }),
        async ({ events, ring, bursts, followers, slowStore }) => {
          const store = new TestStore();
          const journals = new Journals({ clock: new FakeClock(), limits: { runEvents: ring } });
          journals.attach(store);
          journals.open("r1");
          journals.append("r1", start);
          const reading = followers.map(({ joins, leavesAfter }) => readInPieces(journals, joins, leavesAfter));
          for (let index = 0, burst = 0; index < events; burst++) {
            for (let left = bursts[burst % bursts.length] ?? 1; left > 0 && index < events; left--, index++)
              journals.append("r1", delta(`${index} `));
            store.gate = slowStore ? new Promise((resolve) => setImmediate(resolve)) : undefined;
            await new Promise((resolve) => setImmediate(resolve));
          }
          journals.append("r1", end());
          const whole = Array.from({ length: events + 2 }, (_, index) => index + 1);
          for (const seqs of await Promise.all(reading)) expect(seqs).toEqual(whole);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** Reads the run to its end, leaving in the middle and coming back with the last `seq`, as clients do. */
async function readInPieces(journals: Journals, joins: number, leavesAfter: number): Promise<number[]> {
  for (let turn = 0; turn < joins; turn++) await new Promise((resolve) => setImmediate(resolve));
  const seqs: number[] = [];
  for (let ended = false; !ended; ) {
    let sinceJoin = 0;
    reading: for await (const page of journals.follow("r1", seqs.at(-1) ?? 0)) {
      if (page.kind === "gap") throw new Error(`gap ${page.from}-${page.to}`);
      for (const { event } of page.entries) {
        seqs.push(event.seq);
        sinceJoin += 1;
        if (event.type === "run-end") ended = true;
        if (sinceJoin >= leavesAfter) break reading;
      }
    }
  }
  return seqs;
}
