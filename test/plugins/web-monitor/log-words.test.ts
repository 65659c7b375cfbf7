import { beforeAll, describe, expect, it, vi } from "vitest";

let shortContainer: (name: string, instance: string) => string;
let textOf: (event: never) => string;

beforeAll(async () => {
  vi.stubGlobal("navigator", { language: "en" });
  vi.stubGlobal("document", { documentElement: {} });
  vi.stubGlobal("localStorage", { getItem: () => null });
  ({ shortContainer, textOf } = await import("../../../plugins/web-monitor/page/lib/log-buffer.ts"));
});

describe("what the page says of an event", () => {
  it.each([
    ["sluice-box-89841503cbd5", "box", "89841503cbd5"],
    ["sluice-my-box-89841503cbd5", "my-box", "89841503cbd5"],
    ["sluice-box-89841503cbd5", "other", "sluice-box-89841503cbd5"],
    ["a".repeat(64), "box", "aaaaaaaaaaaa"],
    ["postgres", "box", "postgres"],
  ])("should name the container %s of %s as %s", (name, instance, short) => {
    expect(shortContainer(name, instance)).toBe(short);
  });

  it.each([
    ["sandbox-status", { container: "sluice-box-1", status: "pooled" }, "1: waits in the pool"],
    ["sandbox-status", { container: "sluice-box-1", status: "resting" }, "1: resting"],
    ["branch-start", { label: "quick" }, "branch begins: quick"],
    ["branch-end", { status: "ok" }, "branch ends: ok"],
    ["rewind", { from: 3, reason: "no" }, "what was said is void: no"],
    ["approval-request", { message: "May it?" }, "asks for an approval: May it?"],
    ["approval-response", { approved: false }, "was refused"],
    ["input-request", { prompt: "name?" }, "asks for a line of input: name?"],
  ])("should be words for %s %j", (type, data, words) => {
    expect(textOf({ type, data, source: "box" } as never)).toBe(words);
  });
});
