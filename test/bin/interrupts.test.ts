import { afterEach, describe, expect, it, vi } from "vitest";
import { Interrupts } from "../../bin/execution/interrupts.ts";
import { fakeRun } from "./fake-run.ts";

describe("Interrupts", () => {
  afterEach(() => vi.useRealTimers());

  it("should interrupt first, then cancel, then leave, all within two seconds", async () => {
    vi.useFakeTimers();
    const exit = vi.fn();
    using interrupts = new Interrupts(exit);
    const run = fakeRun([]);
    interrupts.watch(run);
    process.emit("SIGINT", "SIGINT");
    expect(run.interrupts).toBe(1);
    expect(run.cancelled).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(run.cancelled).toEqual(["run"]);
    expect(exit).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(exit).toHaveBeenCalledWith(130);
    expect(interrupts.exitCode).toBe(130);
  });

  it("should cancel at once on a second Ctrl-C", () => {
    using interrupts = new Interrupts(vi.fn());
    const run = fakeRun([]);
    interrupts.watch(run);
    process.emit("SIGINT", "SIGINT");
    process.emit("SIGINT", "SIGINT");
    expect(run.cancelled).toEqual(["run"]);
  });

  it("should cancel at once on SIGTERM, and exit 143", () => {
    using interrupts = new Interrupts(vi.fn());
    const run = fakeRun([]);
    interrupts.watch(run);
    process.emit("SIGTERM", "SIGTERM");
    expect(run.interrupts).toBe(0);
    expect(run.cancelled).toEqual(["run"]);
    expect(interrupts.exitCode).toBe(143);
  });

  it("should cancel a run that begins after the signal", () => {
    using interrupts = new Interrupts(vi.fn());
    process.emit("SIGINT", "SIGINT");
    expect(interrupts.leaving.aborted).toBe(true);
    const run = fakeRun([]);
    interrupts.watch(run);
    expect(run.cancelled).toEqual(["run"]);
  });

  it("should leave no listener behind", () => {
    const before = process.listenerCount("SIGINT");
    new Interrupts(vi.fn())[Symbol.dispose]();
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});
