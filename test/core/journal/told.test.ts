import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/index.ts";
import { stamp } from "../../../core/kit/events/stamped-event.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { collect, delta, end, newJournals, start, TestStore } from "./journal-kit.ts";

/** A store that other hosts write, and that tells of it; it counts what it is asked. */
class ToldStore extends TestStore {
  readonly shared = true;
  asked = 0;
  readonly #wakes = new Set<() => void>();

  override read(run: string, after: number, limit: number) {
    this.asked += 1;
    return super.read(run, after, limit);
  }

  override runs(query: Parameters<TestStore["runs"]>[0]) {
    this.asked += 1;
    return super.runs(query);
  }

  watch(_run: string, wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  get watched(): number {
    return this.#wakes.size;
  }

  tell(): void {
    for (const wake of this.#wakes) wake();
  }
}

const event = (seq: number, emission: Parameters<typeof stamp>[3]) =>
  stamp("r1", seq, "2026-01-01T00:00:00Z", emission);
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("following a run that another host writes", () => {
  it("should ask nothing while it waits for a host, and once for each word that there is more", async () => {
    const [store, clock] = [new ToldStore(), new FakeClock()];
    const journals = newJournals({ clock });
    journals.attach(store);
    journals.expected.add("r1");
    const reading = Array.from({ length: 20 }, () => collect(journals, "r1"));
    while (store.watched < 20) await settled();
    await settled();
    const before = store.asked;
    await clock.advance(50_000);
    expect(store.asked).toBe(before);
    const events = [event(1, start), ...Array.from({ length: 30 }, (_, index) => event(index + 2, delta("x")))];
    for (const each of [...events, event(32, end())]) {
      store.append([each]);
      store.tell();
      await settled();
      await settled();
    }
    const seen = await Promise.all(reading);
    for (const each of seen) expect(each).toHaveLength(32);
    // One for each event, and how the run ended: more than one may be read at once.
    expect((store.asked - before) / 20).toBeLessThanOrEqual(32 + 3);
    expect(store.watched).toBe(0);
  });

  it("should look by itself once a minute, where nobody tells", async () => {
    const [store, clock] = [new ToldStore(), new FakeClock()];
    const journals = newJournals({ clock });
    journals.attach(store);
    store.append([event(1, start)]);
    const reading = collect(journals, "r1");
    while (store.watched < 1) await settled();
    store.append([event(2, end())]);
    await clock.advance(61_000);
    expect(await reading).toHaveLength(2);
  });
});

/** It takes its time, and refuses what it has. */
class SlowStore extends ToldStore {
  override append(batch: Parameters<TestStore["append"]>[0]): Promise<void> {
    const refused = batch.some(({ run, seq }) => this.events.get(run)?.some((each) => each.seq === seq));
    if (refused) return Promise.reject(new SluiceError("SLUICE_STORE_FAILED", "it is in the store already"));
    return Promise.resolve(super.append(batch));
  }
}

describe("a store of several hosts that answers late", () => {
  it("should be given no batch twice, and count as out of reach until it has answered", async () => {
    const [store, clock, told] = [new SlowStore(), new FakeClock(), [] as (string | undefined)[]];
    const journals = newJournals({ clock, onStore: (error) => void told.push(error?.code) });
    journals.attach(store);
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    journals.open("r1");
    journals.append("r1", start);
    await clock.untilSleeping();
    await clock.advance(60_000);
    expect(journals.cutOff).toBe(true);
    store.gate = undefined;
    gate.resolve();
    await clock.advance(60_000);
    expect(journals.cutOff).toBe(false);
    journals.append("r1", end());
    expect(await collect(journals, "r1")).toHaveLength(2);
    expect(store.batches).toBe(2);
    expect(told).toEqual(["SLUICE_STORE_FAILED", undefined]);
  });
});

describe("a store of several hosts that cannot be written", () => {
  /** Journals with one run that begins, whose start the store does not take. */
  async function refusing() {
    const [store, clock] = [new ToldStore(), new FakeClock()];
    const journals = newJournals({ clock, limits: { storeRetry: 500 } });
    journals.attach(store);
    const refusal = new Error("no server");
    store.gate = Promise.reject(refusal);
    store.gate.catch(() => undefined);
    journals.open("r1");
    journals.append("r1", start);
    await clock.untilSleeping(2);
    return { store, clock, journals };
  }

  it("should count as out of reach after 2 s: another server may take over", async () => {
    const { clock, journals, store } = await refusing();
    await clock.advance(1_999);
    expect(journals.cutOff).toBe(false);
    await clock.advance(1);
    expect(journals.cutOff).toBe(true);
    store.gate = undefined;
    await clock.advance(1_000);
    expect(journals.cutOff).toBe(false);
  });

  it("should not count as out of reach where it is written again before, and time begins anew", async () => {
    const { clock, journals, store } = await refusing();
    await clock.advance(1_000);
    store.gate = undefined;
    await clock.advance(60_000);
    expect(journals.cutOff).toBe(false);
  });

  it("should count as out of reach as soon as it says so, though nothing is written", () => {
    const journals = newJournals();
    const store = Object.assign(new ToldStore(), { outOfReach: false });
    journals.attach(store);
    expect(journals.cutOff).toBe(false);
    store.outOfReach = true;
    expect(journals.cutOff).toBe(true);
    store.outOfReach = false;
    expect(journals.cutOff).toBe(false);
  });
});
