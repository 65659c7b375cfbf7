import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { LoopLag } from "../../../core/host/load.ts";

const lag = new LoopLag();

afterEach(() => lag[Symbol.dispose]());

/** Holds the event loop as a program that computes does. */
function hold(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

/** Reads until it was measured: the loop must come round for that. */
async function measured(least: number): Promise<number> {
  for (;;) {
    const found = lag.read();
    if (found >= least) return found;
    await pause(5);
  }
}

describe("how long the event loop is held", () => {
  it("should tell the same to everybody who asks", async () => {
    lag.read();
    await pause(60);
    hold(200);
    const first = await measured(100);
    expect([lag.read(), lag.read(), lag.read()].every((each) => each >= first)).toBe(true);
  });

  it("should tell it still when another reader asks all the time", async () => {
    lag.read();
    await pause(60);
    hold(200);
    const first = await measured(100);
    for (let turn = 0; turn < 20; turn += 1) {
      await pause(15);
      lag.read();
    }
    expect(lag.read()).toBeGreaterThanOrEqual(first);
  });

  it("should begin with nothing, and forget what was before", async () => {
    expect(lag.read()).toBe(0);
    await pause(60);
    hold(200);
    await measured(100);
    lag[Symbol.dispose]();
    expect(lag.read()).toBe(0);
  });
});
