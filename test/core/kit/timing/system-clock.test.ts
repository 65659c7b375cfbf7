import { describe, expect, it } from "vitest";
import { systemClock } from "../../../../core/kit/timing/system-clock.ts";
import { FakeClock } from "../../../../core/testing/fake-clock.ts";

describe("systemClock", () => {
  it("should sleep, and reject with the signal's reason", async () => {
    await systemClock.sleep(1);
    const abort = new AbortController();
    const sleep = systemClock.sleep(60_000, abort.signal);
    abort.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    await expect(systemClock.sleep(1, abort.signal)).rejects.toThrow("enough");
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
  });
});

describe("FakeClock", () => {
  it("should wake sleepers in the order of time, those that begin on the way included", async () => {
    const clock = new FakeClock(0);
    const woken: [string, number][] = [];
    const nap = async (name: string, ...pieces: number[]) => {
      for (const piece of pieces) {
        await clock.sleep(piece);
        woken.push([name, clock.now()]);
      }
    };
    const naps = [nap("b", 20), nap("a", 10, 15)];
    await clock.untilSleeping(2);
    await clock.advance(30);
    await Promise.all(naps);
    expect(woken).toEqual([
      ["a", 10],
      ["b", 20],
      ["a", 25],
    ]);
    expect(clock.now()).toBe(30);
  });

  it("should forget a sleep that is aborted", async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const sleep = clock.sleep(10, abort.signal);
    abort.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    expect(clock.sleeping).toBe(0);
  });
});
