import { describe, expect, it } from "vitest";
import type { JournalPage, RunEvent } from "../../../core/contract/index.ts";
import { Journals } from "../../../core/journal/journal.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { collect, delta, end, newJournals, start } from "./journal-kit.ts";

describe("Journals", () => {
  it("should number events from 1 without holes and stamp run and time", async () => {
    const clock = new FakeClock(0);
    const journals = new Journals({ clock });
    journals.open("r1");
    journals.append("r1", start);
    await clock.advance(1500);
    journals.append("r1", delta("hi", "0.1"));
    journals.append("r1", end());
    const events = await collect(journals, "r1");
    expect(events).toEqual([
      { run: "r1", seq: 1, time: "1970-01-01T00:00:00.000Z", ...start },
      { run: "r1", seq: 2, time: "1970-01-01T00:00:01.500Z", ...delta("hi", "0.1") },
      { run: "r1", seq: 3, time: "1970-01-01T00:00:01.500Z", ...end() },
    ]);
  });

  it("should refuse what comes after run-end, and a run that does not begin with run-start", async () => {
    const refused: string[] = [];
    const journals = newJournals({ onRefused: (message) => refused.push(message) });
    journals.open("r1");
    expect(journals.append("r1", delta("early"))).toBeUndefined();
    journals.append("r1", start);
    expect(journals.append("r1", start)).toBeUndefined();
    journals.append("r1", end());
    expect(journals.append("r1", end())).toBeUndefined();
    expect(journals.append("r1", delta("late"))).toBeUndefined();
    expect((await collect(journals, "r1")).map((event) => event.type)).toEqual(["run-start", "run-end"]);
    expect(refused).toHaveLength(4);
  });

  it("should name the run that nobody knows", async () => {
    const journals = newJournals();
    await expect(collect(journals, "nope")).rejects.toMatchObject({ code: "SLUICE_RUN_NOT_FOUND" });
    expect(() => journals.append("nope", start)).toThrow(/nope/);
    expect(await journals.has("nope")).toBe(false);
  });

  it("should give each entry's JSON once, equal to the event", async () => {
    const journals = newJournals();
    journals.open("r1");
    journals.append("r1", start);
    journals.append("r1", end());
    const pages: JournalPage[] = [];
    for await (const page of journals.follow("r1")) pages.push(page);
    const [page] = pages;
    if (page?.kind !== "events") throw new Error("no events");
    for (const entry of page.entries) expect(JSON.parse(entry.json)).toEqual({ ...entry.event });
  });

  it("should deliver live events to followers that wait, and end them at run-end", async () => {
    const journals = newJournals();
    journals.open("r1");
    const seen: RunEvent[] = [];
    const following = (async () => {
      for await (const page of journals.follow("r1"))
        if (page.kind === "events") for (const { event } of page.entries) seen.push(event);
    })();
    journals.append("r1", start);
    await journals.flush();
    journals.append("r1", delta("a"));
    await journals.flush();
    journals.append("r1", end());
    await following;
    expect(seen.map((event) => event.seq)).toEqual([1, 2, 3]);
  });

  it("should end a waiting follower at once on return, on abort and on dispose", async () => {
    const journals = newJournals();
    journals.open("r1");
    journals.append("r1", start);
    const abort = new AbortController();
    const returned = journals.follow("r1", 1);
    const aborted = journals.follow("r1", 1, abort.signal);
    const disposed = journals.follow("r1", 1);
    const pending = [returned.next(), aborted.next(), disposed.next()];
    await returned.return?.();
    expect(await pending[0]).toEqual({ done: true, value: undefined });
    abort.abort();
    expect(await pending[1]).toEqual({ done: true, value: undefined });
    await journals[Symbol.asyncDispose]();
    expect(await pending[2]).toEqual({ done: true, value: undefined });
  });

  it("should follow nothing after it was disposed, and nothing with a signal that is aborted", async () => {
    const journals = newJournals();
    journals.open("r1");
    journals.append("r1", start);
    const done = { done: true, value: undefined };
    expect(await journals.follow("r1", 0, AbortSignal.abort()).next()).toEqual(done);
    await journals[Symbol.asyncDispose]();
    expect(await journals.follow("r1").next()).toEqual(done);
  });

  it("should serve 1,000 followers of one run, each at its own pace", async () => {
    const journals = newJournals();
    journals.open("r1");
    journals.append("r1", start);
    const pages: number[] = [];
    const reading = Array.from({ length: 1_000 }, async (_, index) => {
      const seqs: number[] = [];
      for await (const page of journals.follow("r1")) {
        pages[index] = (pages[index] ?? 0) + 1;
        if (page.kind === "events") for (const { event } of page.entries) seqs.push(event.seq);
        for (let pause = index % 4; pause > 0; pause--) await new Promise((resolve) => setImmediate(resolve));
      }
      return seqs;
    });
    const idle = journals.follow("r1");
    for (let burst = 0; burst < 20; burst++) {
      for (let index = 0; index < 5; index++) journals.append("r1", delta(`${index}`));
      await journals.flush();
    }
    journals.append("r1", end());
    const whole = Array.from({ length: 102 }, (_, index) => index + 1);
    for (const seqs of await Promise.all(reading)) expect(seqs).toEqual(whole);
    // Woken once for each flush at most: the start, 20 bursts, the end.
    expect(Math.max(...pages)).toBeLessThanOrEqual(22);
    expect((await idle.next()).value).toMatchObject({ kind: "events" });
  });

  it("should answer calls of next that overlap in order", async () => {
    const journals = newJournals();
    journals.open("r1");
    const follower = journals.follow("r1");
    const both = Promise.all([follower.next(), follower.next(), follower.next()]);
    journals.append("r1", start);
    await journals.flush();
    journals.append("r1", end());
    const seqs = (await both).map((result) =>
      result.value?.kind === "events" ? result.value.entries.map(({ event }) => event.seq) : [],
    );
    expect(seqs).toEqual([[1], [2], []]);
  });

  it("should say which events have left memory when there is no store", async () => {
    const journals = newJournals({ limits: { runEvents: 4 } });
    journals.open("r1");
    journals.append("r1", start);
    for (let index = 0; index < 10; index++) journals.append("r1", delta(`${index}`));
    journals.append("r1", end());
    await journals.flush();
    const pages: JournalPage[] = [];
    for await (const page of journals.follow("r1", 2)) pages.push(page);
    expect(pages[0]).toMatchObject({ kind: "gap", from: 3, to: 8 });
    expect(pages[1]?.kind === "events" && pages[1].entries.map(({ event }) => event.seq)).toEqual([9, 10, 11, 12]);
    const seen: string[] = [];
    for await (const { seq, type } of journals.events("r1", 2)) seen.push(`${seq} ${type}`);
    expect(seen).toEqual(["8 gap", "9 text-delta", "10 text-delta", "11 text-delta", "12 run-end"]);
  });

  it("should bound the memory of ended runs and keep their end", async () => {
    const journals = newJournals({ limits: { hostBytes: 40_000, endedRuns: 20 } });
    for (let index = 0; index < 30; index++) {
      const run = `r${index}`;
      journals.open(run);
      journals.append(run, start);
      journals.append(run, delta("x".repeat(4_000)));
      journals.append(run, end());
      await journals.flush();
    }
    expect(await journals.has("r0")).toBe(false);
    const old: JournalPage[] = [];
    for await (const page of journals.follow("r12")) old.push(page);
    expect(old[0]).toMatchObject({ kind: "gap", from: 1, to: 2 });
    expect(old[1]?.kind === "events" && old[1].entries[0]?.event.type).toBe("run-end");
    expect(await collect(journals, "r29")).toHaveLength(3);
  });

  it("should mask what Sluicebox itself says in a run", async () => {
    const mask = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll("sk-secret", "***"));
    const journals = newJournals({ mask });
    journals.open("r1");
    journals.append("r1", start);
    journals.append("r1", {
      source: "gpt",
      type: "error",
      data: { code: "SLUICE_X", class: "auth", message: "bad key sk-secret", cure: "", retryable: false },
    });
    journals.append("r1", end());
    expect(JSON.stringify(await collect(journals, "r1"))).not.toContain("sk-secret");
  });
});
