import { describe, expect, it } from "vitest";
import { Limiter } from "../../../../core/kit/upstream/limiter.ts";
import type { LimitPolicy } from "../../../../core/kit/upstream/remote-config.ts";
import { FakeClock } from "../../../../core/testing/fake-clock.ts";

const never = new AbortController().signal;

function limited(policy: Partial<LimitPolicy>) {
  const clock = new FakeClock();
  const current = { concurrent: 0, requestsPerMinute: 0, ...policy };
  const limiter = new Limiter(clock, () => current, "gpt");
  const order: string[] = [];
  const enter = async (name: string, longest = 600_000, signal: AbortSignal = never) => {
    const place = await limiter.enter(longest, signal);
    order.push(name);
    return place;
  };
  return { clock, current, order, enter };
}

describe("the limits of a model", () => {
  it("should let so many requests in at once, and the others in their order", async () => {
    const { clock, order, enter } = limited({ concurrent: 2 });
    const [a, b] = [await enter("a"), await enter("b")];
    const c = enter("c");
    const d = enter("d");
    await clock.untilSleeping(2);
    expect(order).toEqual(["a", "b"]);
    a[Symbol.dispose]();
    // A second time changes nothing.
    a[Symbol.dispose]();
    // Whoever comes now does not pass those who wait.
    const e = enter("e");
    (await c)[Symbol.dispose]();
    await d;
    expect(order).toEqual(["a", "b", "c", "d"]);
    b[Symbol.dispose]();
    await e;
    expect(order).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("should let so many requests begin in any minute", async () => {
    const { clock, order, enter } = limited({ requestsPerMinute: 2 });
    await enter("a");
    await clock.advance(10_000);
    await enter("b");
    const c = enter("c");
    const d = enter("d");
    await clock.advance(49_999);
    expect(order).toEqual(["a", "b"]);
    await clock.advance(1);
    await c;
    expect(order).toEqual(["a", "b", "c"]);
    await clock.advance(10_000);
    await d;
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  it("should refuse at once what would have to wait too long for the rate", async () => {
    const { enter } = limited({ requestsPerMinute: 1 });
    await enter("a");
    await expect(enter("b", 5_000)).rejects.toMatchObject({ code: "SLUICE_MODEL_RATE_LIMIT", retryAfter: 60_000 });
  });

  it("should give up waiting for a place in time, and take none with it", async () => {
    const { clock, order, enter } = limited({ concurrent: 1 });
    const a = await enter("a");
    const late = enter("b", 1_000).catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await late).toMatchObject({ code: "SLUICE_MODEL_RATE_LIMIT" });
    a[Symbol.dispose]();
    await enter("c");
    expect(order).toEqual(["a", "c"]);
  });

  it("should let go of a request that is cancelled while it waits", async () => {
    const { clock, order, enter } = limited({ concurrent: 1 });
    const a = await enter("a");
    const cancelled = new AbortController();
    const waiting = enter("b", 600_000, cancelled.signal);
    cancelled.abort(new Error("no longer wanted"));
    await expect(waiting).rejects.toThrow("no longer wanted");
    a[Symbol.dispose]();
    await enter("c");
    expect(order).toEqual(["a", "c"]);
    expect(clock.sleeping).toBe(0);
  });

  it("should follow a limit that is changed", async () => {
    const { current, order, enter } = limited({ concurrent: 1 });
    await enter("a");
    current.concurrent = 2;
    await enter("b");
    expect(order).toEqual(["a", "b"]);
  });
});
