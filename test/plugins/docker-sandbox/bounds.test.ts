import { describe, expect, it } from "vitest";
import { LoopTurns, systemResolver } from "../../../core/kit/index.ts";
import { FrameQueue } from "../../../plugins/docker-sandbox/container/frame-queue.ts";
import { NameQueue } from "../../../plugins/docker-sandbox/network/name-queue.ts";
import { Meter } from "../../../plugins/docker-sandbox/session/meter.ts";

const nothing = Buffer.alloc(0);
const ended = {
  status: "exited",
  exitCode: 0,
  signal: null,
  stateLost: false,
  wallMs: 1,
  cpuMs: 1,
  peakBytes: 1,
} as const;

describe("frames of a container", () => {
  it("should be handed on in order, a bounded number in each turn of the event loop", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const seen: number[] = [];
    const turns: number[] = [];
    const queue = new FrameQueue(
      (kind) => {
        seen.push(kind);
        return undefined;
      },
      () => {
        turns.push(seen.length);
        if (!queue.waiting) resolve();
      },
      new LoopTurns(),
    );
    queue.begin();
    for (let kind = 0; kind < 1_000; kind += 1) queue.push(kind, nothing);
    const first = seen.length;
    expect(first).toBeLessThanOrEqual(64);
    queue.schedule(() => undefined);
    await promise;
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, kind) => kind));
    const sizes = [first, ...turns].map((count, at, all) => count - (at === 0 ? 0 : (all[at - 1] ?? 0)));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64);
  });

  it("should be few in a turn where they are large and cost much", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let handled = 0;
    const turns: number[] = [];
    const queue = new FrameQueue(
      () => {
        handled += 1;
        for (const until = performance.now() + 5; performance.now() < until; );
      },
      () => {
        turns.push(handled);
        if (!queue.waiting) resolve();
      },
      new LoopTurns(),
    );
    queue.begin();
    for (let frame = 0; frame < 5; frame += 1) queue.push(1, Buffer.alloc(20_000));
    expect(handled).toBe(1);
    queue.schedule(() => undefined);
    await promise;
    expect(turns).toEqual([2, 3, 4, 5]);
  });

  it("should have a turn for what is left to do of one, before all that follow", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const seen: string[] = [];
    const queue = new FrameQueue(
      (kind) => {
        seen.push(`frame ${kind}`);
        return kind === 1 ? { finish: () => void seen.push("rest of 1") } : undefined;
      },
      () => {
        seen.push("turn");
        if (!queue.waiting) resolve();
      },
      new LoopTurns(),
    );
    queue.begin();
    queue.push(1, nothing);
    queue.push(2, nothing);
    expect([seen, queue.waiting]).toEqual([["frame 1"], true]);
    queue.schedule(() => undefined);
    await promise;
    queue.push(1, nothing);
    queue.drain();
    expect(seen).toEqual(["frame 1", "rest of 1", "frame 2", "turn", "frame 1", "rest of 1"]);
    expect(queue.waiting).toBe(false);
  });

  it("should be handed on at once where they are few", () => {
    const seen: number[] = [];
    const queue = new FrameQueue(
      (kind) => {
        seen.push(kind);
        return undefined;
      },
      () => undefined,
      new LoopTurns(),
    );
    queue.begin();
    queue.push(1, nothing);
    expect([seen, queue.waiting]).toEqual([[1], false]);
  });

  it("should wait while their container rests, and be counted by what they can have cost", async () => {
    const rests: (() => void)[] = [];
    const spent: number[] = [];
    const share = {
      seen: () => undefined,
      spent: (milliseconds: number) => void spent.push(milliseconds),
      rest: () => new Promise<void>((resolve) => void rests.push(resolve)),
    };
    const seen: number[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const busy = (kind: number) => {
      seen.push(kind);
      // The processor was somebody else's meanwhile: one small frame cannot cost that much.
      for (const until = performance.now() + 3; performance.now() < until; );
      return undefined;
    };
    const queue = new FrameQueue(busy, resolve, new LoopTurns({ longest: 0 }), share);
    queue.begin();
    queue.push(1, nothing);
    expect(queue.end()).toBeInstanceOf(Promise);
    expect(spent).toEqual([0.25]);
    queue.begin();
    queue.push(2, nothing);
    expect(queue.end()).toBeUndefined();
    queue.schedule(() => undefined);
    for (let turn = 0; turn < 3; turn += 1) await new Promise((next) => setImmediate(next));
    expect(seen).toEqual([1]);
    for (const go of rests) go();
    await promise;
    expect(seen).toEqual([1, 2]);
  });

  it("should take their part of a turn together, however many chunks it brings", () => {
    const clock = { now: 0 };
    const turns = new LoopTurns({ now: () => clock.now, later: () => undefined });
    const seen: number[] = [];
    const queues = [1, 2, 3].map(
      (container) =>
        new FrameQueue(
          () => {
            seen.push(container);
            clock.now += 3;
            return undefined;
          },
          () => undefined,
          turns,
        ),
    );
    for (let chunk = 0; chunk < 32; chunk += 1) {
      for (const queue of queues) {
        queue.begin();
        queue.push(1, nothing);
      }
    }
    // The third finds the four milliseconds gone, and so does whatever else this turn brings.
    expect(seen).toEqual([1, 2]);
    expect(queues.map(({ waiting }) => waiting)).toEqual([true, true, true]);
  });

  it("should wait for what is done on another thread, and be finished without it at the end", async () => {
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const seen: string[] = [];
    const queue = new FrameQueue(
      (kind) => {
        seen.push(`frame ${kind}`);
        return kind === 1 ? { ready, finish: () => void seen.push("rest of 1") } : undefined;
      },
      () => {
        if (!queue.waiting) ended.resolve();
      },
      new LoopTurns(),
    );
    queue.begin();
    queue.push(1, nothing);
    queue.push(2, nothing);
    queue.schedule(() => undefined);
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    expect(seen).toEqual(["frame 1"]);
    resolve();
    await ended.promise;
    expect(seen).toEqual(["frame 1", "rest of 1", "frame 2"]);
    queue.begin();
    queue.push(1, nothing);
    queue.drain();
    expect(seen.slice(3)).toEqual(["frame 1", "rest of 1"]);
  });

  it("should tell whoever scheduled them of what a frame throws", async () => {
    const queue = new FrameQueue(
      (kind) => {
        if (kind === 500) throw new Error("boom");
      },
      () => undefined,
      new LoopTurns(),
    );
    queue.begin();
    for (let kind = 0; kind < 1_000; kind += 1) queue.push(kind, nothing);
    const thrown = await new Promise((resolve) => queue.schedule(resolve));
    expect(thrown).toMatchObject({ message: "boom" });
  });
});

describe("what an execution may say", () => {
  it("should be bounded by number and by bytes, and the end should tell", () => {
    const meter = new Meter(64 << 20);
    const taken = Array.from({ length: 20_000 }, () => meter.result(100)).filter(Boolean).length;
    expect(taken).toBe(10_000);
    expect(meter.told(ended)).toMatchObject({ truncated: true, droppedBytes: 1_000_000 });
    const small = new Meter(1 << 20);
    expect([small.result(1 << 20), small.result(1 << 19), small.question(1 << 19), small.question(0)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(small.told({ ...ended, droppedBytes: 5 }).droppedBytes).toBe(5 + (1 << 20) + (1 << 19));
  });

  it("should leave the end as it is where nothing was dropped", () => {
    expect(new Meter(1 << 20).told(ended)).toBe(ended);
  });
});

describe("names that a container asks for", () => {
  it("should be looked up two at a time, and given up with whoever asked", async () => {
    const asked: string[] = [];
    const signals: AbortSignal[] = [];
    const names = new NameQueue((name, signal) => {
      asked.push(name);
      signals.push(signal);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const quits = Array.from({ length: 5 }, () => new AbortController());
    const looks = quits.map(({ signal }, index) => names.resolve(`name-${index}`, signal).catch(String));
    await new Promise(setImmediate);
    expect(asked).toEqual(["name-0", "name-1"]);
    quits[2]?.abort(new Error("quit"));
    quits[0]?.abort(new Error("quit"));
    expect(await Promise.all([looks[0], looks[2]])).toEqual(["Error: quit", "Error: quit"]);
    await new Promise(setImmediate);
    expect(asked).toEqual(["name-0", "name-1", "name-3"]);
    for (const quit of quits) quit.abort(new Error("quit"));
    await Promise.all(looks);
    expect(asked).toHaveLength(3);
  });

  it("should not wait in any number", async () => {
    const quit = new AbortController();
    const names = new NameQueue(() => new Promise(() => undefined));
    const looks = Array.from({ length: 100 }, () => names.resolve("a", quit.signal).then(String, String));
    const refused = await Promise.race(looks);
    expect(refused).toMatch(/too many names/);
    quit.abort(new Error("quit"));
  });

  it("should be found in the machine's own list without asking anybody", async () => {
    expect(await systemResolver("localhost", new AbortController().signal)).toContain("127.0.0.1");
    await expect(systemResolver("localhost", AbortSignal.abort(new Error("quit")))).rejects.toThrow("quit");
  });
});
