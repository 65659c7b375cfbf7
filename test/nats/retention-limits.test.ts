import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Objm } from "@nats-io/obj";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunEvent, Store } from "../../core/contract/index.ts";
import { Journals } from "../../core/journal/journal.ts";
import { systemClock } from "../../core/kit/timing/system-clock.ts";
import { kept, keptRuns, pruned } from "../plugins/hold-cases.ts";
import { runOf } from "../plugins/store-sqlite/store-kit.ts";
import { eventually } from "./cluster-kit.ts";
import { openNatsStore } from "./nats-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const noise = (length: number) => Array.from({ length }, () => String.fromCharCode(32 + Math.random() * 90)).join("");
const delta = (run: string, seq: number, text = "more") =>
  ({ run, seq, time: "2026-01-01T00:00:00.000Z", source: "gpt", type: "text-delta", data: { text } }) as RunEvent;

/** Ranges of a run as a follower is told of them, up to its end or so many events: `gap 1-5`, `events 6-9`. */
async function told(
  store: Store,
  run: string,
  most: number,
): Promise<{ readonly kind: string; from: number; to: number }[]> {
  await using journals = new Journals({ clock: systemClock });
  journals.attach(store);
  const ranges: { kind: string; from: number; to: number }[] = [];
  let events = 0;
  for await (const page of journals.follow(run)) {
    const seqs = page.kind === "gap" ? [page.from, page.to] : page.entries.map(({ event }) => event.seq);
    ranges.push({ kind: page.kind, from: seqs[0] ?? 0, to: seqs.at(-1) ?? 0 });
    if (page.kind === "events") events += page.entries.length;
    if (events >= most) break;
  }
  return ranges;
}

/** Every event was shown or said to be missing, each once. */
function demandWhole(ranges: readonly { from: number; to: number }[]): void {
  for (const [index, { from }] of ranges.entries()) expect(from).toBe((ranges[index - 1]?.to ?? 0) + 1);
}

describe.skipIf(natsServer === undefined)("retention of store-nats", () => {
  let server: TestNats;
  beforeAll(async () => {
    server = await TestNats.start([], { owned: false });
  });
  afterAll(() => server.remove());

  it("should delete the objects of a run with it", async () => {
    const store = await openNatsStore(server.url, { name: "large", keepRuns: keptRuns, silence: 2_000 });
    const [start, large, end] = runOf("r_large", 1) as [RunEvent, RunEvent, RunEvent];
    await store.append([start, { ...large, data: { text: noise(2 << 20) } } as RunEvent, end]);
    await using connection = await connect({ servers: server.url });
    const objects = await new Objm(jetstream(connection)).open("large-large");
    const names = async () => (await objects.list()).map(({ name }) => name);
    expect(await names()).toEqual([expect.stringMatching(/^r_large\//)]);
    await pruned(store);
    await expect.poll(names, { timeout: 60_000 }).toEqual([]);
  });

  it("should say what is too old of a run that goes on", async () => {
    const config = { name: "old", keepFor: 2_000 };
    const [store, reader] = [await openNatsStore(server.url, config), await openNatsStore(server.url, config)];
    await store.append(runOf("r1", 4, false));
    let over = false;
    const writing = (async () => {
      for (let seq = 6; !over; seq += 1) {
        await store.append([delta("r1", seq)]);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    await eventually(async () => ((await reader.read("r1", 0, 1))[0]?.seq ?? 0) > 5);
    const ranges = await told(reader, "r1", 10);
    over = true;
    await writing;
    expect(ranges[0]).toMatchObject({ kind: "gap", from: 1 });
    expect(ranges.at(-1)?.kind).toBe("events");
    demandWhole(ranges);
  });

  it("should take new events where the stream is full, and say which old ones are gone", async () => {
    const config = { name: "full", keepSize: 1 << 20 };
    const [store, reader] = [await openNatsStore(server.url, config), await openNatsStore(server.url, config)];
    await store.append(runOf("first", 3));
    const [start, ...rest] = runOf("second", 0) as [RunEvent, RunEvent];
    await store.append([start]);
    for (let seq = 2; seq < 12; seq += 1) await store.append([delta("second", seq, noise(200_000))]);
    await store.append(rest.map((event) => ({ ...event, seq: 12 })) as RunEvent[]);
    const ranges = await told(reader, "second", Number.POSITIVE_INFINITY);
    expect(ranges[0]).toMatchObject({ kind: "gap", from: 1 });
    expect(ranges.at(-1)).toMatchObject({ kind: "events", to: 12 });
    demandWhole(ranges);
    // Its record is still listed, and nobody takes what is left of it for the whole.
    expect(await kept(reader)).toContain("first");
    expect(await told(reader, "first", Number.POSITIVE_INFINITY)).toEqual([{ kind: "gap", from: 1, to: 5 }]);
    await using connection = await connect({ servers: server.url });
    const { state } = await (await jetstreamManager(connection)).streams.info("full-journal");
    expect(state.bytes).toBeLessThanOrEqual(1 << 20);
  });
});
