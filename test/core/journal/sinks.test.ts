import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/errors.ts";
import type { Sink, SinkEntry } from "../../../core/contract/index.ts";
import { HostBus } from "../../../core/host/bus.ts";
import { Loggers } from "../../../core/host/loggers.ts";
import { eventSelector } from "../../../core/journal/select.ts";
import type { SinkLimits } from "../../../core/journal/sink-feed.ts";
import { Sinks } from "../../../core/journal/sinks.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { delta, end, newJournals, start } from "./journal-kit.ts";

class TestSink implements Sink {
  readonly entries: SinkEntry[] = [];
  readonly batches: number[] = [];
  error: Error | undefined;
  gate: Promise<void> | undefined;
  flushed = 0;

  async write(batch: readonly SinkEntry[]): Promise<void> {
    await this.gate;
    if (this.error !== undefined) throw this.error;
    this.batches.push(batch.length);
    this.entries.push(...batch);
  }

  flush(): void {
    this.flushed += 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  get messages(): string[] {
    return this.entries.flatMap((entry) => (entry.type === "log" ? [entry.data.message] : []));
  }
}

function setUp(limits: Partial<SinkLimits> = {}) {
  const clock = new FakeClock();
  const bus = new HostBus({ clock, mask: (text) => text.replaceAll("sk-planted", "***") });
  const journals = newJournals({ clock });
  const sinks = new Sinks({ bus, journals, clock, limits });
  return { clock, bus, journals, sinks, log: new Loggers(bus).of("test") };
}

const soon = () => AbortSignal.timeout(5_000);

describe("Sinks", () => {
  it("should hold a stuck sink's queue to its bytes, however long the log lines are", async () => {
    const { sinks, log } = setUp({ bytes: 1024 * 1024 });
    const sink = new TestSink();
    const stuck = Promise.withResolvers<void>();
    sink.gate = stuck.promise;
    sinks.attach({ id: "file", select: [], sink: () => sink });
    for (let count = 0; count < 200; count += 1) log.info(`${count} `.padEnd(100_000, "x"));
    expect(sinks.load("file").dropped).toBeGreaterThan(150);
    stuck.resolve();
    await sinks.stop(soon());
  });

  it("should give every sink host events and, after the store took them, run events, in order", async () => {
    const { journals, sinks, log } = setUp();
    const sink = new TestSink();
    sinks.attach({ id: "file", select: [], sink: () => sink });
    log.info("before");
    journals.open("r1");
    journals.append("r1", start);
    journals.append("r1", delta("a"));
    journals.append("r1", end());
    await journals.flush();
    await sinks.stop(soon());
    expect(sink.entries.map(({ type }) => type)).toEqual(["log", "run-start", "text-delta", "run-end"]);
    expect(sink.flushed).toBe(1);
    log.info("after");
    expect(sink.entries).toHaveLength(4);
  });

  it("should give a sink only what it selects", async () => {
    const { journals, sinks, bus } = setUp();
    const sink = new TestSink();
    sinks.attach({ id: "file", select: ["core.run-*", "box"], sink: () => sink });
    journals.open("r1");
    journals.append("r1", start);
    journals.append("r1", delta("a"));
    journals.append("r1", end());
    bus.emit("sandbox-status", "box", { container: "c", status: "ready" });
    bus.emit("audit", "transport", { action: "a" });
    await journals.flush();
    await sinks.stop(soon());
    expect(sink.entries.map(({ type }) => type).sort()).toEqual(["run-end", "run-start", "sandbox-status"]);
  });

  it("should stay bounded under 10,000 lines a second with a stuck sink, count what it drops and say it", async () => {
    const { clock, sinks, log } = setUp();
    const stuck = new TestSink();
    const gate = Promise.withResolvers<void>();
    stuck.gate = gate.promise;
    const other = new TestSink();
    sinks.attach({ id: "stuck", select: ["test"], sink: () => stuck });
    sinks.attach({ id: "other", select: [], sink: () => other });
    for (let tenth = 0; tenth < 50; tenth++) {
      for (let index = 0; index < 1_000; index++) log.info(`line ${tenth * 1_000 + index}`);
      await clock.advance(100);
    }
    const dropped = sinks.load("stuck").dropped;
    // One batch is under way, and the queue is full.
    expect(dropped).toBe(50_000 - 10_000 - 500);
    gate.resolve();
    await sinks.stop(soon());
    expect(stuck.messages).toHaveLength(10_500);
    expect(stuck.messages.slice(-1)).toEqual(["line 49999"]);
    expect(other.messages.filter((message) => message.startsWith("line"))).toHaveLength(50_000);
    const notices = other.messages.filter((message) => message.includes("does not keep up"));
    expect(notices.length).toBeGreaterThan(0);
    expect(notices.length).toBeLessThanOrEqual(6);
    expect(other.entries.some(({ type, source }) => type === "plugin-metric" && source === "stuck")).toBe(true);
  });

  it("should bound the bytes that wait as well as the entries", async () => {
    const { journals, sinks } = setUp({ bytes: 100_000 });
    const stuck = new TestSink();
    const gate = Promise.withResolvers<void>();
    stuck.gate = gate.promise;
    sinks.attach({ id: "stuck", select: ["gpt"], sink: () => stuck });
    journals.open("r1");
    journals.append("r1", start);
    for (let index = 0; index < 100; index++) {
      journals.append("r1", delta("x".repeat(10_000)));
      await journals.flush();
    }
    expect(sinks.load("stuck").dropped).toBeGreaterThan(90);
    gate.resolve();
    await sinks.stop(soon());
  });

  it.each([1, 3])("should offer a batch again that failed in passing, %i times", async (times) => {
    const { clock, sinks, log } = setUp({ batch: 10 });
    const shaky = new TestSink();
    let failures = 0;
    const write = shaky.write.bind(shaky);
    shaky.write = async (batch) => {
      failures += 1;
      if (failures <= times) throw new Error("try again");
      await write(batch);
    };
    sinks.attach({ id: "shaky", select: ["test"], deliver: { attempts: 4, backoff: 1 }, sink: () => shaky });
    for (let index = 0; index < 25; index++) log.info(`line ${index}`);
    await clock.untilSleeping();
    await clock.advance(10);
    await expect.poll(() => shaky.messages).toEqual(Array.from({ length: 25 }, (_, index) => `line ${index}`));
    expect(sinks.load("shaky").dropped).toBe(0);
    await sinks.stop(soon());
  });

  it("should give up a batch after its attempts, count it, and go on with the next one", async () => {
    const { clock, sinks, log } = setUp({ batch: 1 });
    const picky = new TestSink();
    const write = picky.write.bind(picky);
    const offered: number[] = [];
    picky.write = async (batch) => {
      offered.push(batch.length);
      if (JSON.stringify(batch).includes("poison")) throw new Error("not this one");
      await write(batch);
    };
    sinks.attach({ id: "picky", select: ["test"], deliver: { attempts: 4, backoff: 1 }, sink: () => picky });
    for (const text of ["one", "poison", "two"]) log.info(text);
    await clock.untilSleeping();
    await clock.advance(10);
    await expect.poll(() => picky.messages).toEqual(["one", "two"]);
    expect(sinks.load("picky").dropped).toBe(1);
    expect(offered).toHaveLength(6);
    await sinks.stop(soon());
  });

  it("should say once that a sink refuses, go on, and say when it takes entries again", async () => {
    const { bus, sinks, log } = setUp({ batch: 1 });
    const broken = new TestSink();
    broken.error = new SluiceError("SLUICE_STORE_FAILED", "sk-planted: disk full", { retryable: false });
    const other = new TestSink();
    sinks.attach({ id: "broken", select: ["test"], sink: () => broken });
    sinks.attach({ id: "other", select: [], sink: () => other });
    for (let index = 0; index < 5; index++) log.info(`lost ${index}`);
    await expect.poll(() => sinks.load("broken").dropped).toBe(5);
    broken.error = undefined;
    log.info("kept");
    await expect.poll(() => broken.messages).toEqual(["kept"]);
    await sinks.stop(soon());
    expect(other.messages.filter((message) => message.includes("refused"))).toHaveLength(1);
    expect(other.messages).toContain("broken takes entries again.");
    expect(JSON.stringify(other.entries)).not.toContain("sk-planted");
    expect(bus.statuses).toEqual([]);
  });

  it("should keep what comes for a sink that is being restarted", async () => {
    const { clock, sinks, log } = setUp();
    const sink = new TestSink();
    let running = false;
    sinks.attach({
      id: "file",
      select: ["test"],
      sink: () => {
        if (!running) throw new Error("not running");
        return sink;
      },
    });
    log.info("meanwhile");
    await clock.untilSleeping();
    running = true;
    await clock.advance(1_000);
    expect(sink.messages).toEqual(["meanwhile"]);
    await sinks.stop(soon());
  });

  it("should hold what comes while a sink starts, within its bound, and use up no attempt meanwhile", async () => {
    const { clock, bus, sinks, log } = setUp({ entries: 100, batch: 50 });
    const sink = new TestSink();
    const now: { sink: Sink | undefined } = { sink: undefined };
    sinks.attach({ id: "file", select: ["test"], sink: () => now.sink });
    for (let count = 0; count < 150; count += 1) log.info(`line ${count}`);
    for (let second = 0; second < 20; second += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(1_000);
    }
    expect([sink.entries.length, sinks.load("file").waiting]).toEqual([0, 100]);
    now.sink = sink;
    // It is told by its state, and not by a clock.
    bus.emit("plugin-status", "file", { status: "ok", since: "now" });
    for (let turn = 0; turn < 20 && sink.entries.length < 100; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect(sink.messages.filter((message) => message.startsWith("line"))).toHaveLength(sink.entries.length);
    expect(sink.messages.at(-1)).toBe("line 149");
    // It fails in the middle of a batch, and is started again for longer than all attempts take.
    sink.error = new Error("gone");
    log.info("after");
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    now.sink = undefined;
    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { dropped } = sinks.load("file");
    sink.error = undefined;
    now.sink = sink;
    bus.emit("plugin-status", "file", { status: "ok", since: "now" });
    for (let turn = 0; turn < 20 && sink.messages.at(-1) !== "after"; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
    expect([sink.messages.at(-1), sinks.load("file").dropped]).toEqual(["after", dropped]);
    await sinks.stop(soon());
  });

  it("should stop within its time limit although a sink is stuck, and count what is lost", async () => {
    const { sinks, log } = setUp();
    const stuck = new TestSink();
    stuck.gate = new Promise(() => undefined);
    sinks.attach({ id: "stuck", select: ["test"], sink: () => stuck });
    for (let index = 0; index < 600; index++) log.info("line");
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const limit = new AbortController();
    const stopping = sinks.stop(limit.signal);
    limit.abort();
    await stopping;
    expect(stuck.entries).toEqual([]);
  });
});

describe("eventSelector", () => {
  it.each([
    [["*"], "box", "exec-end", true],
    [["box"], "box", "exec-end", true],
    [["box"], "box2", "exec-end", false],
    [["b?x"], "box", "exec-end", true],
    [["box.exec-*"], "box", "exec-stdout", true],
    [["box.exec-*"], "box", "log", false],
    [["*.run-end", "gpt"], "core", "run-end", true],
    [["a+b(c)"], "a+b(c)", "log", true],
    [[], "any", "log", true],
  ])("should let %j take %s.%s: %s", (globs, source, type, expected) => {
    const wants = eventSelector(globs);
    expect(wants({ source, type })).toBe(expected);
    expect(wants({ source, type })).toBe(expected);
  });
});
