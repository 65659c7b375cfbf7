import { describe, expect, it } from "vitest";
import type { HostEvent, InstanceStatus } from "../../../core/contract/index.ts";
import { HostBus } from "../../../core/host/bus.ts";
import { Loggers } from "../../../core/host/loggers.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";

function newBus(mask?: (text: string) => string) {
  const clock = new FakeClock(0);
  const bus = new HostBus({ clock, mask });
  const events: HostEvent[] = [];
  bus.hostEvents$.subscribe((event) => events.push(event));
  return { bus, clock, events };
}

describe("HostBus", () => {
  it("should stamp events and deliver them in order, nested ones after", () => {
    const { bus, events } = newBus();
    const second: string[] = [];
    bus.listen((event) => {
      if (event.type === "audit" && event.data.action === "a") bus.emit("audit", "x", { action: "b" });
    });
    bus.listen((event) => {
      if (event.type === "audit") second.push(event.data.action);
    });
    bus.emit("audit", "transport", { action: "a" });
    bus.emit("audit", "transport", { action: "c" });
    expect(second).toEqual(["a", "b", "c"]);
    expect(events[0]).toEqual({
      type: "audit",
      time: "1970-01-01T00:00:00.000Z",
      source: "transport",
      data: { action: "a" },
    });
  });

  it("should stop calling a listener that throws, say so, and go on with the others", () => {
    const { bus, events } = newBus();
    let calls = 0;
    bus.listen(() => {
      calls += 1;
      throw new Error("boom");
    });
    bus.emit("audit", "x", { action: "a" });
    bus.emit("audit", "x", { action: "b" });
    expect(calls).toBe(1);
    expect(events.map(({ type }) => type)).toEqual(["audit", "log", "audit"]);
    expect(events[1]?.data).toMatchObject({ level: "error", fields: { error: { message: "boom" } } });
  });

  it("should keep the state of instances and give it to whoever comes later", async () => {
    const { bus, clock, events } = newBus();
    bus.register({ id: "gpt", plugin: "llm-openai", kind: "model" }, "starting");
    await clock.advance(1_000);
    bus.setStatus("gpt", "ok");
    bus.setStatus("gpt", "ok");
    let seen: readonly InstanceStatus[] = [];
    bus.status$.subscribe((statuses) => {
      seen = statuses;
    });
    expect(seen).toEqual([
      {
        id: "gpt",
        plugin: "llm-openai",
        kind: "model",
        status: "ok",
        since: "1970-01-01T00:00:01.000Z",
        restarts: 0,
      },
    ]);
    await clock.advance(1_000);
    bus.setStatus("gpt", "starting", "restarted", { restarted: true });
    expect(seen[0]).toMatchObject({ status: "starting", reason: "restarted", restarts: 1 });
    expect(events.filter(({ type }) => type === "plugin-status")).toHaveLength(3);
    bus.unregister("gpt");
    expect(seen).toEqual([]);
  });

  it("should mask secrets wherever they stand, and carry what JSON cannot", () => {
    const { bus, events } = newBus((text) => text.replaceAll("sk-planted", "***"));
    const circular: Record<string, unknown> = { key: "sk-planted" };
    circular["self"] = circular;
    const log = new Loggers(bus).of("gpt");
    log.warn("used sk-planted", {
      run: "r1",
      circular,
      error: new Error("sk-planted is wrong", { cause: ["sk-planted"] }),
      bytes: new Uint8Array(3),
      big: 10n,
      "sk-planted": 1,
      not: Number.NaN,
    });
    bus.register({ id: "gpt", plugin: "llm", kind: "model" }, "failed", "key sk-planted refused");
    expect(JSON.stringify(events)).not.toContain("sk-planted");
    expect(JSON.stringify(bus.statuses)).not.toContain("sk-planted");
    expect(events[0]).toMatchObject({
      type: "log",
      source: "gpt",
      data: {
        level: "warn",
        message: "used ***",
        run: "r1",
        fields: {
          circular: { key: "***", self: "[circular]" },
          error: { name: "Error", message: "*** is wrong", cause: ["***"] },
          bytes: "[3 bytes]",
          big: "10",
          "***": 1,
          not: "NaN",
        },
      },
    });
  });
});

describe("Loggers", () => {
  it("should follow the level of each instance, live", () => {
    const { bus, events } = newBus();
    const loggers = new Loggers(bus, "warn");
    const log = loggers.of("box");
    log.info("hidden");
    loggers.setLevel("box", "debug");
    log.debug("shown");
    loggers.of("gpt").info("hidden too");
    loggers.setLevel("box", undefined);
    log.debug("hidden again");
    loggers.setLevel(undefined, "trace");
    loggers.of("gpt").trace("all shown");
    expect(events.map(({ data }) => (data as { message: string }).message)).toEqual(["shown", "all shown"]);
    expect(log.level).toBe("trace");
  });
});
