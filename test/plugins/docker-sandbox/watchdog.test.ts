import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Channel } from "../../../plugins/docker-sandbox/container/channel.ts";
import { SupervisorWatchdog } from "../../../plugins/docker-sandbox/container/watchdog.ts";

/** Milliseconds between two looks, and a moment more. */
const look = 2_001;

class FakeChannel {
  isClosed = false;
  isPaused = false;
  heardAt = 0;
  pings = 0;
  reason = "";
  answers = true;

  ping(): void {
    this.pings += 1;
    if (this.answers) this.heardAt = performance.now();
  }

  close(reason: string): void {
    this.isClosed = true;
    this.reason = reason;
  }
}

let channel: FakeChannel;
const watch = (diagnose: () => Promise<string | undefined> = async () => undefined) =>
  new SupervisorWatchdog(channel as unknown as Channel, diagnose).hold();

beforeEach(() => {
  vi.useFakeTimers();
  channel = new FakeChannel();
});
afterEach(() => vi.useRealTimers());

describe("a supervisor that is asked for a sign of life", () => {
  it.each([5_000, 25_000, 3_600_000])("should be kept where the host itself stood still for %i ms", async (pause) => {
    using _release = held(watch());
    await vi.advanceTimersByTimeAsync(look);
    channel.answers = false;
    await vi.advanceTimersByTimeAsync(look);
    // The clock goes on and no timer runs, as in a process that is stopped, or gets no processor. The answer is there,
    // and is read after the timers.
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + pause);
    await vi.advanceTimersByTimeAsync(look);
    channel.heardAt = performance.now();
    channel.answers = true;
    await vi.advanceTimersByTimeAsync(look * 3);
    expect(channel.reason).toBe("");
  });

  it("should be given up after ten looks without an answer", async () => {
    using _release = held(watch());
    channel.answers = false;
    await vi.advanceTimersByTimeAsync(look * 10);
    expect(channel.reason).toBe("");
    await vi.advanceTimersByTimeAsync(look * 2);
    expect(channel.reason).toContain("has not answered for 20 s");
  });

  it("should be given up at once where the engine knows why", async () => {
    using _release = held(watch(async () => "it is paused"));
    channel.answers = false;
    await vi.advanceTimersByTimeAsync(look * 2);
    expect(channel.reason).toBe("it is paused");
  });

  it("should be asked no more when nobody waits for it", async () => {
    const release = watch();
    await vi.advanceTimersByTimeAsync(look);
    release();
    await vi.advanceTimersByTimeAsync(look * 5);
    expect(channel.pings).toBe(1);
  });
});

const held = (release: () => void): Disposable => ({ [Symbol.dispose]: release });
