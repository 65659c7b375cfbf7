import { describe, expect, it } from "vitest";
import { Entry } from "../../../core/journal/entry.ts";
import { frameOf } from "../../../core/kit/events/frame-of.ts";
import { eventJson, stamp } from "../../../core/kit/events/stamped-event.ts";

const text = 'line with "quotes"\n'.repeat(1_000);
const make = () =>
  stamp("r1", 7, "2026-01-01T00:00:00.000Z", { source: "box", type: "exec-stdout", data: { text, offset: 0 } });

describe("a packed entry", () => {
  it("should be the same event for whoever copies, compares or writes it", () => {
    const entry = new Entry(make());
    const before = { json: entry.json, frame: Buffer.from(frameOf(entry) ?? []).toString() };
    entry.pack();
    entry.pack();
    expect({ ...entry.event }).toEqual({ ...make() });
    expect(JSON.stringify(entry.event)).toBe(JSON.stringify(make()));
    expect(eventJson(entry.event)).toBe(before.json);
    expect(Buffer.from(frameOf(entry) ?? []).toString()).toBe(before.frame);
  });

  it("should be told apart without a look at its data, which would be parsed for that", () => {
    const entry = new Entry(make());
    entry.pack();
    // A frame that no longer holds JSON makes any such look fail.
    frameOf(entry)?.fill(0x20);
    const { run, seq, time, source, type } = entry.event;
    expect([run, seq, time, source, type]).toEqual(["r1", 7, "2026-01-01T00:00:00.000Z", "box", "exec-stdout"]);
    expect(() => entry.event.data).toThrow("the journal");
    expect(frameOf(entry)?.length).toBeGreaterThan(text.length);
  });
});
