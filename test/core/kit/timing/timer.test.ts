import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseDuration } from "../../../../core/command-line.ts";
import { startTimer, timeLimit } from "../../../../core/kit/timing/timer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const day = 86_400_000;

describe("a time limit", () => {
  it.each([1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 60 * day])("should pass after %i ms, and not before", async (limit) => {
    const act = vi.fn();
    startTimer(act, limit);
    const signal = timeLimit(limit);
    await vi.advanceTimersByTimeAsync(limit - 1);
    expect([act.mock.calls.length, signal.aborted]).toEqual([0, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([act.mock.calls.length, signal.aborted]).toEqual([1, true]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("should be none where it is 0, and be stopped wherever it is", async () => {
    const act = vi.fn();
    startTimer(act, 0);
    const timer = startTimer(act, 2 ** 31 + 5).unref();
    await vi.advanceTimersByTimeAsync(2 ** 31);
    timer.stop();
    await vi.advanceTimersByTimeAsync(60 * day);
    expect(act).not.toHaveBeenCalled();
    expect(timeLimit(0).aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("should be read from any text that is one, and from none beyond what numbers hold", () => {
    expect(parseDuration("60d")).toBe(60 * day);
    expect(parseDuration("99999999999999999999d")).toBeUndefined();
  });
});
