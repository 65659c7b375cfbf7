import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readRecording, recordedLine } from "../../bin/execution/recording.ts";
import { eventTypes, hostEventTypes } from "../../core/command-line.ts";

const file = resolve(import.meta.dirname, "../fixtures/recordings/every-event.ndjson");

describe("the recording of every event", () => {
  it("should have an event of each type that there is: `npm run record:events` makes it anew", async () => {
    const found = new Set<string>();
    for await (const { type } of readRecording(file)) found.add(type);
    expect([...eventTypes, ...hostEventTypes].filter((type) => !found.has(type))).toEqual([]);
  });

  it("should be read as it was written, byte for byte", async () => {
    let text = "";
    for await (const event of readRecording(file)) text += recordedLine(event);
    expect(text).toBe(readFileSync(file, "utf8"));
  });
});
