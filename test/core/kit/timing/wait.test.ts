import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { orAborted, waitFor, within } from "../../../../core/kit/timing/wait.ts";

const never = () => new Promise<never>(() => undefined);
const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("orAborted", () => {
  it("should give what the work gives, and leave no listener", async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve(7), signal)).toBe(7);
    await expect(orAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    expect(listeners(signal)).toBe(0);
  });

  it.each(["before", "after"])("should reject with the reason of an abort %s it begins", async (when) => {
    const abort = new AbortController();
    if (when === "before") abort.abort(new Error("gone"));
    const waiting = orAborted(never(), abort.signal);
    if (when === "after") abort.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
  });

  it("should throw away what fails after the abort", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    await expect(orAborted(promise, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
    reject(new Error("nobody waits"));
    await Promise.resolve();
  });
});

describe("within", () => {
  it("should give what the work gives in time, and stop its timer", async () => {
    expect(await within(Promise.resolve(7), 1_000, () => new Error("late"))).toBe(7);
    await expect(within(Promise.reject(new Error("no")), 1_000, () => new Error("late"))).rejects.toThrow("no");
  });

  it("should reject with what is made for work that is late", async () => {
    const waiting = expect(within(never(), 1_000, () => new Error("late"))).rejects.toThrow("late");
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
  });

  it("should wait for ever where the limit is 0", async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const waiting = within(promise, 0, () => new Error("late"));
    await vi.advanceTimersByTimeAsync(10_000_000);
    resolve(7);
    expect(await waiting).toBe(7);
  });
});

describe("waitFor", () => {
  it("should say that work has ended, and leave nothing behind", async () => {
    const { signal } = new AbortController();
    expect(await waitFor(Promise.resolve(), { signal, limit: 1_000 })).toBe(true);
    await expect(waitFor(Promise.reject(new Error("no")), { signal })).rejects.toThrow("no");
    expect(listeners(signal)).toBe(0);
  });

  it("should say that its bounds are over: by its limit, by its signal, and by one that was aborted before", async () => {
    const late = waitFor(never(), { limit: 1_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await late).toBe(false);
    const abort = new AbortController();
    const left = waitFor(never(), { signal: abort.signal });
    abort.abort();
    expect(await left).toBe(false);
    expect(await waitFor(never(), { signal: AbortSignal.abort() })).toBe(false);
  });
});
