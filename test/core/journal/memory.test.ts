import { describe, expect, it } from "vitest";
import { Entry } from "../../../core/journal/entry.ts";
import { stamp } from "../../../core/journal/stamped-event.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { delta, newJournals, start } from "./journal-helpers.ts";

const large = "ä\n😀".repeat(20_000);
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("an entry", () => {
  it("should say the same before and after it is packed", () => {
    const event = stamp("r1", 7, "now", delta(large, "a.b"));
    const entry = new Entry(event);
    const json = entry.json;
    const before = entry.size;
    entry.pack();
    expect(entry.event).not.toBe(event);
    expect({ ...entry.event }).toEqual({ ...event });
    expect(entry.json).toBe(json);
    expect(Buffer.from(entry.bytes ?? []).toString()).toBe(json);
    expect(entry.size).toBeLessThan(before + large.length);
  });

  it("should stay as it is when it is small", () => {
    const event = stamp("r1", 7, "now", delta("small"));
    const entry = new Entry(event);
    entry.pack();
    expect(entry.event).toBe(event);
    expect(entry.bytes).toBeUndefined();
  });
});

describe("a run that no store keeps", () => {
  const limits = { runBytes: 200_000, runEvents: 1_000 };

  /** Appends until producers should pause, and returns how often. */
  async function fill(journals: ReturnType<typeof newJournals>, most: number): Promise<number> {
    for (let count = 0; count < most; count += 1) {
      if (journals.pressure("r1") !== undefined) return count;
      journals.append("r1", delta("x".repeat(2_000)));
      await settle();
    }
    return most;
  }

  it("should wait for a reader that reads on, and lose nothing of what it reads", async () => {
    const journals = newJournals({ limits });
    journals.open("r1");
    journals.append("r1", start);
    const reader = journals.follow("r1");
    const seqs: number[] = [];
    for (let produced = 0; produced < 200; ) {
      produced += await fill(journals, 200 - produced);
      const page = await reader.next();
      if (page.done || page.value.kind === "gap") throw new Error("something was lost");
      seqs.push(...page.value.entries.map(({ event }) => event.seq));
    }
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    await reader.return?.();
  });

  it("should not wait for a reader that reads nothing any more", async () => {
    const clock = new FakeClock();
    const journals = newJournals({ limits, clock });
    journals.open("r1");
    journals.append("r1", start);
    const reader = journals.follow("r1");
    await reader.next();
    expect(await fill(journals, 500)).toBeLessThan(500);
    const pressure = journals.pressure("r1");
    for (let look = 0; look < 21; look += 1) await clock.advance(100);
    await pressure;
    expect(await fill(journals, 500)).toBe(500);
    expect((await reader.next()).value?.kind).toBe("gap");
    await reader.return?.();
  });

  it("should let its producer go when the last reader leaves", async () => {
    const journals = newJournals({ limits });
    journals.open("r1");
    journals.append("r1", start);
    const reader = journals.follow("r1");
    await reader.next();
    expect(await fill(journals, 500)).toBeLessThan(500);
    const pressure = journals.pressure("r1");
    await reader.return?.();
    await pressure;
    expect(journals.pressure("r1")).toBeUndefined();
  });
});
