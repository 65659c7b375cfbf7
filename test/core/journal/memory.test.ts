import { describe, expect, it } from "vitest";
import { Entry } from "../../../core/journal/entry.ts";
import { frameOf } from "../../../core/kit/events/frame-of.ts";
import { stamp } from "../../../core/kit/events/stamped-event.ts";
import { delta, end, newJournals, start } from "./journal-kit.ts";

const large = "ä\n😀".repeat(20_000);

describe("an entry", () => {
  it("should say the same before and after it is packed", () => {
    const event = stamp("r1", 7, "now", delta(large, "a.b"));
    const entry = new Entry(event);
    const json = entry.json;
    const before = entry.size;
    entry.pack();
    expect(entry.event).not.toBe(event);
    expect({ ...entry.event }).toEqual({ ...event });
    expect(entry.json).toBe(json);
    expect(Buffer.from(frameOf(entry) ?? []).toString()).toBe(`{"t":"event","event":${json}}`);
    expect(entry.size).toBeLessThan(before + large.length);
  });

  it("should stay as it is when it is small", () => {
    const event = stamp("r1", 7, "now", delta("small"));
    const entry = new Entry(event);
    entry.pack();
    expect(entry.event).toBe(event);
    expect(frameOf(entry)).toBeUndefined();
  });
});

describe("a run that no store keeps", () => {
  it("should never wait for a reader, and tell the one that is behind what it missed", async () => {
    const journals = newJournals({ limits: { runBytes: 200_000, runEvents: 1_000 } });
    journals.open("r1");
    journals.append("r1", start);
    const reader = journals.follow("r1");
    await reader.next();
    for (let count = 0; count < 500; count += 1) {
      expect(journals.pressure()).toBeUndefined();
      journals.append("r1", delta("x".repeat(2_000)));
    }
    await journals.flush();
    const page = (await reader.next()).value;
    expect(page).toMatchObject({ kind: "gap", from: 2 });
    await reader.return?.();
  });

  it("should keep a run that has just ended for those who still read it, and an older one no longer", async () => {
    const journals = newJournals({ limits: { hostBytes: 1_000 } });
    const record = async (run: string) => {
      journals.open(run);
      journals.append(run, start);
      for (let count = 0; count < 300; count += 1) journals.append(run, delta("x".repeat(500)));
      journals.append(run, end());
      await journals.flush();
    };
    const read = async (run: string) => {
      const kinds: string[] = [];
      for await (const page of journals.follow(run)) {
        kinds.push(...(page.kind === "gap" ? ["gap"] : page.entries.map(({ event }) => event.type)));
      }
      return kinds;
    };
    await record("r1");
    expect(await read("r1")).toEqual(["run-start", ...Array(300).fill("text-delta"), "run-end"]);
    await record("r2");
    expect(await read("r1")).toEqual(["gap", "run-end"]);
  });
});
