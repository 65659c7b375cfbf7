import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Cutter, clientOf } from "../../core/client/client-kit.ts";
import type { FakeRun } from "./fake-host.ts";
import { type Habit, HabitClient } from "./habits.ts";
import { serveTransport, type Transport } from "./websocket-kit.ts";

/** `npm run fuzz:wire` runs it for so long, with seeds of its own; else the seed is fixed. */
const minutes = Number(process.env["SLUICE_FUZZ_MINUTES"] ?? 0);
/** Each case has a limit of its own: one that hangs must fail, and not be taken for the end of the time. */
const runs: fc.Parameters<unknown> = {
  timeout: 60_000,
  ...(minutes > 0
    ? { numRuns: 1_000_000, interruptAfterTimeLimit: minutes * 60_000, markInterruptAsFailure: false }
    : { numRuns: 25, seed: 20261128 }),
};
/** Cases that came to their end; the time alone proves nothing. */
let completed = 0;
beforeEach(() => {
  completed = 0;
});
afterEach(() => {
  if (minutes > 0 && completed > 0) console.log(`${completed} cases`);
});

const mebibyte = 1024 * 1024;
/** As many small ones as large ones, and those around each bound. */
const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 2000 }) },
  { weight: 4, arbitrary: fc.integer({ min: 2000, max: 100_000 }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(65_536, 262_144, mebibyte, mebibyte + 262_144), fc.integer({ min: -300, max: 300 }))
      .map(([bound, off]) => bound + off),
  },
  { weight: 1, arbitrary: fc.integer({ min: mebibyte, max: 8 * mebibyte }) },
);
const sizes = fc.oneof(
  fc.array(size, { minLength: 1, maxLength: 40 }),
  fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 200, maxLength: 400 }),
);
const every = { answers: fc.boolean() };
const habit: fc.Arbitrary<Habit> = fc.oneof(
  fc.record({ kind: fc.constant("events" as const), every: fc.integer({ min: 1, max: 64 }), ...every }),
  fc.record({ kind: fc.constant("bytes" as const), every: fc.integer({ min: 1, max: 65_536 }), ...every }),
  fc.constant({ kind: "asked" as const }),
);
const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 });

const emit = (lengths: readonly number[]) => (run: FakeRun) => {
  for (const length of lengths) run.text("x".repeat(length));
  run.end();
};
const serve = (lengths: readonly number[]): Promise<Transport> => serveTransport({ run: emit(lengths) });
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("acknowledgements", () => {
  it("should lose nothing and repeat nothing, whatever the sizes, the client's habit and the cuts", {
    timeout: 120_000 + minutes * 90_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(sizes, habit, cuts, async (lengths, each, breaks) => {
        await using transport = await serve(lengths);
        const read = await new HabitClient(transport.url, each).read(breaks);
        expect(read.lengths).toEqual(lengths);
        expect(read.seqs).toEqual(upTo(lengths.length + 2));
        completed += 1;
      }),
      runs,
    );
    expect(completed).toBeGreaterThanOrEqual(25);
  });

  it("should bring everything to our own client, however slowly it reads and however often it is cut", {
    timeout: 120_000 + minutes * 90_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), cuts, async (lengths, slow, breaks) => {
        await using transport = await serve(lengths);
        await using cutter = await Cutter.before(transport);
        await using client = clientOf(cutter.url, { maxRetries: 50 });
        const read: number[] = [];
        const left = [...breaks];
        let until = left.shift() ?? Number.POSITIVE_INFINITY;
        for await (const { seq } of client.run(undefined, "x")) {
          read.push(seq);
          if (slow) await new Promise(setImmediate);
          until -= 1;
          if (until > 0) continue;
          cutter.cut();
          until = left.shift() ?? Number.POSITIVE_INFINITY;
        }
        expect(read).toEqual(upTo(lengths.length + 2));
        completed += 1;
      }),
      runs,
    );
    expect(completed).toBeGreaterThanOrEqual(25);
  });

  it.each([1_100_000, 2_100_000, 3_150_000, 1_048_576, 1_048_500, 8_400_000, 2_400_000])(
    "should end a run with one event of %i characters",
    async (length) => {
      await using transport = await serve([length]);
      await using client = clientOf(transport.url);
      const read: number[] = [];
      for await (const { seq } of client.run(undefined, "x")) read.push(seq);
      expect(read).toEqual([1, 2, 3]);
    },
  );
});
