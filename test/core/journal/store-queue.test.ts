import { describe, expect, it } from "vitest";
import { Entry } from "../../../core/journal/entry.ts";
import { RunJournal } from "../../../core/journal/run-journal.ts";
import { StoreQueue } from "../../../core/journal/store-queue.ts";
import type { RunEntry } from "../../../core/journal/writer-options.ts";
import { stamp } from "../../../core/kit/index.ts";

const mebibyte = 1024 * 1024;

function itemsOf(run: string, count: number, characters: number): RunEntry[] {
  const journal = new RunJournal(run, 0);
  const data = { text: "x".repeat(characters), offset: 0 };
  return Array.from({ length: count }, (_, at) => ({
    run: journal,
    entry: new Entry(stamp(run, at + 1, "2026-01-01T00:00:00.000Z", { source: "box", type: "exec-stdout", data })),
  }));
}

const namesOf = (batch: readonly RunEntry[]) => batch.map(({ run, entry }) => `${run.run}${entry.seq}`);

describe("what waits for the store", () => {
  it("should give a run that says little its place in the next batch, whatever another one says", () => {
    const pending = new StoreQueue();
    for (const item of itemsOf("flood", 100, 60_000)) pending.add(item);
    for (const item of itemsOf("quiet", 3, 10)) pending.add(item);
    const names = namesOf(pending.take(mebibyte));
    expect(names.filter((name) => name.startsWith("quiet"))).toEqual(["quiet1", "quiet2", "quiet3"]);
    expect(names.filter((name) => name.startsWith("flood")).length).toBeGreaterThan(3);
  });

  it("should keep each run's order, lose nothing and give nothing twice", () => {
    const pending = new StoreQueue();
    const all = [itemsOf("a", 700, 10), itemsOf("b", 50, 30_000), itemsOf("c", 5, 900_000)];
    for (let at = 0; at < 700; at += 1)
      for (const items of all) for (const item of items.slice(at, at + 1)) pending.add(item);
    const taken: RunEntry[] = [];
    while (pending.length > 0) {
      const batch = pending.take(mebibyte);
      expect(batch.length).toBeGreaterThan(0);
      expect(batch.length).toBeLessThanOrEqual(256);
      const size = batch.reduce((sum, { entry }) => sum + entry.size, 0);
      if (batch.length > 1) expect(size).toBeLessThanOrEqual(mebibyte);
      taken.push(...batch);
    }
    for (const items of all) expect(taken.filter(({ run }) => run === items[0]?.run)).toEqual(items);
    expect(taken.length).toBe(755);
    expect(pending.take(mebibyte)).toEqual([]);
  });

  it("should serve everybody in turn where one batch has no room for all", () => {
    const pending = new StoreQueue();
    const runs = ["a", "b", "c", "d"];
    for (const run of runs) for (const item of itemsOf(run, 2, 400_000)) pending.add(item);
    const firsts = runs.map(() => namesOf(pending.take(mebibyte)));
    expect(firsts).toEqual([["a1"], ["b1"], ["c1"], ["d1"]]);
  });
});
