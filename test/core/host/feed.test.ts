import { describe, expect, it, vi } from "vitest";
import type { HostEvent, RunEvent } from "../../../core/contract/index.ts";
import { FeedRing } from "../../../core/host/feed.ts";

const log = (message: string): HostEvent => ({
  type: "log",
  time: "2026-01-01T00:00:00.000Z",
  source: "box",
  data: { level: "info", message },
});

describe("the host's feed", () => {
  it("should give entries in order from after a place", () => {
    const feed = new FeedRing();
    for (const message of ["a", "b", "c"]) feed.push(log(message));
    const page = feed.read(1, 10);
    expect(page.entries.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(page).toMatchObject({ next: 3, missing: 0 });
  });

  it("should say how many have left memory", () => {
    const feed = new FeedRing({ entries: 3 });
    for (let index = 1; index <= 10; index += 1) feed.push(log(String(index)));
    const page = feed.read(2, 10);
    expect(page.missing).toBe(5);
    expect(page.entries.map(({ seq }) => seq)).toEqual([8, 9, 10]);
  });

  it("should keep the newest entry however large it is, and let the others go", () => {
    const feed = new FeedRing({ bytes: 1_000 });
    feed.push(log("small"));
    feed.push(log("x".repeat(20_000)));
    expect(feed.read(0, 10).entries).toHaveLength(1);
    feed.push(log("small"));
    expect(feed.read(0, 10).entries.map(({ seq }) => seq)).toEqual([3]);
  });

  it("should count what a run streams without keeping it", () => {
    const feed = new FeedRing();
    const delta = { run: "r", seq: 2, time: "", source: "gpt", type: "text-delta", data: { text: "x" } } as RunEvent;
    feed.push(delta);
    feed.push(delta);
    expect(feed.last).toBe(0);
    expect(feed.counts.get("gpt.text-delta")).toBe(2);
    expect(feed.latest.get("gpt.text-delta")).toBe(delta);
  });

  it("should retain the newest value of a metric, and forget closed connections", () => {
    const feed = new FeedRing();
    const event = (type: string, data: object) => feed.push({ type, time: "", source: "transport", data } as HostEvent);
    event("plugin-metric", { name: "queue", value: 1 });
    event("plugin-metric", { name: "queue", value: 2 });
    event("connection-status", { connection: "c", status: "open" });
    event("connection-status", { connection: "c", status: "closed" });
    expect(feed.retained.map((each) => each.data)).toEqual([{ name: "queue", value: 2 }]);
  });

  it("should tell listeners until they leave", () => {
    const feed = new FeedRing();
    const listener = vi.fn();
    const forget = feed.onAdded(listener);
    feed.push(log("a"));
    forget();
    feed.push(log("b"));
    expect(listener).toHaveBeenCalledTimes(1);
  });
});
