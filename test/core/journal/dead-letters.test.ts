import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, asyncProperty, constantFrom, integer, record } from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeadLetter, DeliveryPolicy } from "../../../core/config/plan.ts";
import { SluiceError } from "../../../core/contract/errors.ts";
import type { Sink, SinkEntry } from "../../../core/contract/index.ts";
import { HostBus } from "../../../core/host/bus.ts";
import { Loggers } from "../../../core/host/loggers.ts";
import { DeadLetterFile } from "../../../core/journal/dead-letter-file.ts";
import { type SinkAttachment, Sinks } from "../../../core/journal/sinks.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { delta, newJournals, start } from "./journal-kit.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-dead-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (path: string) => readFileSync(path, "utf8").split("\n").filter(Boolean);

interface Line {
  readonly type: string;
  readonly source: string;
  readonly data: {
    readonly reason: string;
    readonly code?: string;
    readonly attempts: number;
    readonly entry: SinkEntry;
  };
}
const deadIn = (path: string) => linesOf(path).map((line) => JSON.parse(line) as Line);
const messageOf = (entry: SinkEntry) => (entry.type === "log" ? entry.data.message : entry.type);

function setUp(limits: ConstructorParameters<typeof Sinks>[0]["limits"] = {}) {
  const clock = new FakeClock();
  const bus = new HostBus({ clock });
  const journals = newJournals({ clock });
  const states: (string | undefined)[] = [];
  const mask = (text: string) => text.replaceAll("sk-planted", "***");
  const onRefusing = (_: string, reason: string | undefined) => states.push(reason);
  const sinks = new Sinks({ bus, journals, clock, mask, onRefusing, limits });
  return { clock, bus, journals, sinks, states, log: new Loggers(bus).of("test") };
}

/** A sink of whose batches each has the answer that `answer` gives for the number of the call. */
function answering(answer: (call: number) => "take" | "passing" | "never" | "hang") {
  const taken: SinkEntry[] = [];
  let calls = 0;
  const sink: Sink = {
    async write(batch) {
      calls += 1;
      const how = answer(calls);
      if (how === "hang") await new Promise(() => undefined);
      if (how === "passing") throw new Error("sk-planted: not now");
      if (how === "never") throw new SluiceError("SLUICE_STORE_FAILED", "never", { retryable: false });
      taken.push(...batch);
    },
    flush() {},
    async [Symbol.asyncDispose]() {},
  };
  return { sink, taken, calls: () => calls };
}

/** Goes on until it is over; files take real time. */
async function settle(clock: FakeClock, over: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !over() && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve));
    await clock.advance(1);
  }
}

const attach = (sinks: Sinks, sink: Sink, deliver: DeliveryPolicy, more: Partial<SinkAttachment> = {}) =>
  sinks.attach({ id: "subject", select: ["test"], deliver, sink: () => sink, ...more });

describe("every entry that a sink was sent", () => {
  const answers = constantFrom("take" as const, "passing" as const, "never" as const, "hang" as const);
  it("should be accepted, dropped or dead, each once and in order", async () => {
    const given = record({
      answers: array(answers, { minLength: 1, maxLength: 12 }),
      lines: integer({ min: 0, max: 60 }),
      attempts: integer({ min: 1, max: 3 }),
      room: integer({ min: 2, max: 20 }),
      bytes: integer({ min: 0, max: 3_000 }),
    });
    let round = 0;
    const property = asyncProperty(given, async ({ answers: script, lines, attempts, room, bytes }) => {
      round += 1;
      const path = join(folder, `${round}.ndjson`);
      const { bus, clock, sinks, log } = setUp({ batch: 3, entries: room });
      const lost = new Map<string, number>();
      bus.listen((event) => void (event.type === "plugin-metric" && lost.set(event.data.name, event.data.value)));
      const subject = answering((call) => script[(call - 1) % script.length] ?? "take");
      attach(sinks, subject.sink, { attempts, backoff: 1, deadLetter: { file: path, size: bytes } });
      for (let index = 0; index < lines; index += 1) {
        log.info(`${index}`);
        if (index % 7 === 0) await clock.advance(1);
      }
      const calls = () => subject.calls();
      let before = -1;
      await settle(clock, () => {
        const still = sinks.load("subject").waiting === 0 || (script.includes("hang") && calls() === before);
        before = calls();
        return still;
      });
      await sinks.stop(AbortSignal.abort());
      const dropped = lost.get("sink-dropped") ?? 0;
      const dead = deadOf(path);
      const accepted = subject.taken.map(messageOf).map(Number);
      expect(accepted.length + dropped + dead.length).toBe(lines);
      expect(dead.length).toBe(lost.get("sink-dead") ?? 0);
      for (const each of [accepted, dead]) expect(each).toEqual([...each].sort((a, b) => a - b));
      const twice = dead.filter((line) => accepted.includes(line));
      expect(twice).toEqual([]);
      if (bytes === 0 && lines <= room) expect(new Set([...accepted, ...dead]).size).toBe(lines);
    });
    await assert(property, { numRuns: 60 });
  });

  function deadOf(path: string): number[] {
    try {
      return deadIn(path).map(({ data }) => Number(messageOf(data.entry)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }
});

describe("a dead letter", () => {
  it("should have the whole entry, the reason without secrets, the code and the attempts", async () => {
    const path = join(folder, "deep", "dead.ndjson");
    const { clock, sinks, journals, log, states } = setUp({ batch: 1 });
    const subject = answering((call) => (call <= 3 ? "passing" : call === 4 ? "never" : "take"));
    attach(sinks, subject.sink, { attempts: 3, backoff: 1, deadLetter: { file: path, size: 0 } }, { select: [] });
    log.info("one");
    await settle(clock, () => sinks.load("subject").dead === 1);
    journals.open("r1");
    journals.append("r1", start);
    await journals.flush();
    await settle(clock, () => sinks.load("subject").dead === 2);
    journals.append("r1", delta("a"));
    await journals.flush();
    await settle(clock, () => sinks.load("subject").waiting === 0);
    await sinks.stop(AbortSignal.timeout(5_000));
    const [first, second] = deadIn(path);
    expect(first).toMatchObject({
      type: "dead-letter",
      source: "subject",
      data: { reason: "***: not now", attempts: 3 },
    });
    expect(first?.data.entry).toMatchObject({ type: "log", data: { message: "one" } });
    expect(second?.data).toMatchObject({ reason: "never", code: "SLUICE_STORE_FAILED", attempts: 1 });
    expect(second?.data.entry).toMatchObject({ type: "run-start", run: "r1", seq: 1 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(states.at(-1)).toBeUndefined();
    expect(states.filter((state) => state?.includes("dead in"))).not.toEqual([]);
  });

  it("should go to another sink whatever that selects, and from there to a file", async () => {
    const path = join(folder, "dead.ndjson");
    const { clock, sinks, log } = setUp();
    const other = answering(() => "never");
    attach(sinks, answering(() => "never").sink, { attempts: 1, backoff: 1, deadLetter: { sink: "other" } });
    const deliver = { attempts: 1, backoff: 1, deadLetter: { file: path, size: 0 } };
    sinks.attach({ id: "other", select: ["nothing"], deliver, sink: () => other.sink });
    log.info("one");
    await settle(clock, () => sinks.load("other").dead === 1);
    expect(sinks.load("subject")).toMatchObject({ sent: 1, dead: 1, dropped: 0 });
    await sinks.stop(AbortSignal.timeout(5_000));
    expect(deadIn(path)[0]?.data.entry).toMatchObject({ type: "dead-letter", data: { entry: { type: "log" } } });
  });

  it("should take what is still there when the host ends, of a sink that feeds another too", async () => {
    const path = join(folder, "dead.ndjson");
    const { sinks, log } = setUp();
    attach(sinks, answering(() => "hang").sink, { attempts: 4, backoff: 1, deadLetter: { sink: "other" } });
    const deliver = { attempts: 4, backoff: 1, deadLetter: { file: path, size: 0 } };
    sinks.attach({ id: "other", select: ["nothing"], deliver, sink: () => answering(() => "hang").sink });
    for (let index = 0; index < 700; index += 1) log.info(`${index}`);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await sinks.stop(AbortSignal.abort());
    expect(deadIn(path)).toHaveLength(700);
  });

  it("should end nowhere but in a count where it cannot be kept, and say so once", async () => {
    const told: string[] = [];
    const { bus, clock, sinks, log } = setUp({ batch: 1 });
    bus.listen((event) => event.type === "log" && told.push(event.data.message));
    mkdirSync(join(folder, "taken"));
    symlinkSync(join(folder, "elsewhere"), join(folder, "link"));
    const places: DeadLetter[] = [
      { file: join(folder, "taken"), size: 0 },
      { file: join(folder, "link"), size: 0 },
      { file: "/proc/dead.ndjson", size: 0 },
      { sink: "nobody" },
    ];
    for (const [index, deadLetter] of places.entries()) {
      const id = `sink-${index}`;
      const deliver = { attempts: 1, backoff: 1, deadLetter };
      sinks.attach({ id, select: ["test"], deliver, sink: () => answering(() => "never").sink });
    }
    log.info("one");
    log.info("two");
    for (const index of places.keys()) {
      await settle(clock, () => sinks.load(`sink-${index}`).dropped === 2);
      expect(sinks.load(`sink-${index}`)).toMatchObject({ sent: 2, dropped: 2, dead: 0 });
      expect(told.filter((line) => line.startsWith(`the dead letter of sink-${index}`))).toHaveLength(1);
    }
    await sinks.stop(AbortSignal.timeout(5_000));
  });

  it("should not grow by what the host says of it", async () => {
    const path = join(folder, "dead.ndjson");
    const { clock, sinks, log } = setUp();
    const deliver = { attempts: 1, backoff: 1, deadLetter: { file: path, size: 0 } };
    attach(sinks, answering(() => "never").sink, deliver, { select: [] });
    log.info("one");
    await settle(clock, () => sinks.load("subject").dead === 1);
    for (let minute = 0; minute < 60; minute += 1) {
      log.info(`line ${minute}`);
      await clock.advance(60_000);
      await settle(clock, () => sinks.load("subject").waiting === 0);
    }
    await sinks.stop(AbortSignal.timeout(5_000));
    expect(linesOf(path)).toHaveLength(61);
  });
});

describe("the file of dead letters", () => {
  it("should keep to its size over restarts, and never continue half a line", async () => {
    const path = join(folder, "dead.ndjson");
    writeFileSync(path, '{"half');
    let kept = 0;
    for (let life = 0; life < 20; life += 1) {
      const file = new DeadLetterFile(path, 1_000);
      kept += await file.add([`"${life} ${"x".repeat(90)}"`, `"${life}"`]);
    }
    expect(statSync(path).size).toBeLessThanOrEqual(1_000);
    const [half, ...rest] = linesOf(path);
    expect(half).toBe('{"half');
    expect(rest.map((line) => JSON.parse(line) as string)).toHaveLength(kept);
  });

  it("should take lines of several at once, whole", async () => {
    const path = join(folder, "dead.ndjson");
    const files = [new DeadLetterFile(path, 0), new DeadLetterFile(path, 0)];
    await Promise.all(files.flatMap((file) => Array.from({ length: 50 }, (_, line) => file.add([`"${line}"`, '"b"']))));
    expect(linesOf(path).filter((line) => /^"(\d+|b)"$/.test(line))).toHaveLength(200);
  });
});
