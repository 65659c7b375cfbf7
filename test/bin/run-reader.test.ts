import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RunReader, type RunReaderOptions } from "../../bin/tap/run-reader.ts";
import { type RunEvent, SluiceError } from "../../core/contract/index.ts";

const event = (run: string, seq: number, last: number): RunEvent => {
  const place = { run, seq, time: "2026-01-01T00:00:00.000Z", source: "core" };
  return seq === last
    ? {
        ...place,
        type: "run-end",
        data: { status: "ok", usage: { inputTokens: 0, outputTokens: 0 }, cost: { amount: 0, currency: "USD" } },
      }
    : { ...place, type: "text-delta", data: { text: `${seq}` } };
};

async function* journal(run: string, after: number, last: number): AsyncGenerator<RunEvent> {
  for (let seq = after + 1; seq <= last; seq += 1) yield event(run, seq, last);
}

function readerOf(options: Partial<RunReaderOptions>) {
  const taken = new Map<string, number[]>();
  const missed: string[] = [];
  const failed: string[] = [];
  const reader = new RunReader({
    follow: (run, after) => journal(run, after, 5),
    take: async ({ run, seq }) => {
      taken.set(run, [...(taken.get(run) ?? []), seq]);
    },
    over: () => false,
    onMissed: () => missed.push("run"),
    onGap: () => undefined,
    onFailed: (run) => failed.push(run),
    ...options,
  });
  return { reader, taken, missed, failed };
}

describe("RunReader", () => {
  it("should read each run once, whole and in order, however many begin and however slow they are taken", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 500 }),
        fc.array(fc.boolean(), { minLength: 1 }),
        async (runs, pauses) => {
          let turn = 0;
          const { reader, taken, missed } = readerOf({
            take: async ({ run, seq }) => {
              turn += 1;
              if (pauses[turn % pauses.length]) await new Promise((resolve) => setImmediate(resolve));
              taken.set(run, [...(taken.get(run) ?? []), seq]);
            },
          });
          for (const run of runs) reader.add(`r${run}`);
          await reader.settled();
          expect(missed).toEqual([]);
          expect(taken.size).toBe(new Set(runs).size);
          for (const seqs of taken.values()) expect(seqs).toEqual([1, 2, 3, 4, 5]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("should say of each run beyond what may wait that it is not read", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { reader, taken, missed } = readerOf({
      follow: async function* (run, after) {
        await promise;
        yield* journal(run, after, 5);
      },
    });
    for (let run = 0; run < 11_000; run += 1) reader.add(`r${run}`);
    resolve();
    await reader.settled();
    expect(taken.size + missed.length).toBe(11_000);
    expect(missed.length).toBe(11_000 - 10_000 - 64);
  });

  it("should go on where it was after a refusal that is worth trying again, and tell of any other", async () => {
    let refusals = 2;
    const { reader, taken, failed } = readerOf({
      follow: async function* (run, after) {
        if (run === "gone") throw new SluiceError("SLUICE_RUN_NOT_FOUND", "there is no such run");
        for await (const each of journal(run, after, 5)) {
          yield each;
          refusals -= 1;
          if (refusals >= 0) throw new SluiceError("SLUICE_OVERLOADED", "too many frames");
        }
      },
    });
    reader.add("r");
    reader.add("gone");
    await reader.settled();
    expect(taken.get("r")).toEqual([1, 2, 3, 4, 5]);
    expect(failed).toEqual(["gone"]);
  });

  it("should count the runs that it leaves and those that it never began", async () => {
    let over = false;
    const { reader, taken } = readerOf({
      over: () => over,
      take: async ({ run, seq }) => {
        taken.set(run, [...(taken.get(run) ?? []), seq]);
        if (seq === 3) over = true;
      },
    });
    for (let run = 0; run < 100; run += 1) reader.add(`r${run}`);
    await reader.settled();
    expect(reader.cut).toBe(64);
    expect(reader.unread).toBe(36);
  });

  it("should tell of events that the journal has lost", async () => {
    const gaps: number[] = [];
    const { reader } = readerOf({
      onGap: (events) => gaps.push(events),
      follow: async function* (run) {
        yield { ...event(run, 4, 0), type: "gap", data: { from: 1, to: 4 } } as RunEvent;
        yield event(run, 5, 5);
      },
    });
    reader.add("r");
    await reader.settled();
    expect(gaps).toEqual([4]);
  });
});
