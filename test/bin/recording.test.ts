import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Recording, readRecording, recordedLine } from "../../bin/execution/recording.ts";
import { unmatched } from "../../bin/tap/tap.ts";
import { eventTypes } from "../../core/command-line.ts";
import type { EventData, HostEvent, RunEvent } from "../../core/contract/index.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-recording-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const usage = { inputTokens: 1, outputTokens: 2 };
const cost = { amount: 0.001, currency: "USD" as const };

/** One of each type, in no order but that of a run's ends. */
const data: EventData = {
  "run-start": { flow: "chat", session: "s1", input: { text: "hello \u2028 \u001b[31m 世界 🎈" } },
  "branch-start": { label: "gpt" },
  "model-start": { model: "m" },
  "text-start": {},
  "text-delta": { text: "a\r\n\u0000b\u202e" },
  "text-end": {},
  "reasoning-delta": { text: "hm" },
  "code-start": { language: "python" },
  "code-delta": { text: "print(1)" },
  "code-end": {},
  "model-end": { reason: "stop", usage, cost },
  "exec-start": { language: "python", code: "print(1)" },
  "exec-stdout": { text: "1\n", offset: 0 },
  "exec-stderr": { base64: "/w==", offset: 0 },
  "exec-result": { data: { "text/plain": "1", "application/json": { "2": 1, "1": [1e21, -0.5] } } },
  "exec-file": { path: "a.txt", size: 1, mime: "text/plain" },
  "input-request": { prompt: "? " },
  "input-response": { text: null },
  "approval-request": { message: "Run it?" },
  "approval-response": { approved: true },
  "exec-end": {
    ...{ status: "exited", exitCode: 0, signal: null, stateLost: false },
    ...{ wallMs: 1, cpuMs: 1, peakBytes: 1 },
  },
  error: { code: "SLUICE_RUN_LOST", class: "unavailable", message: "m", cure: "c", retryable: true },
  rewind: { from: 1, reason: "it failed" },
  gap: { from: 3, to: 4 },
  "branch-end": { status: "won" },
  "run-end": { status: "ok", usage, cost },
} as unknown as EventData;

function everyEvent(): RunEvent[] {
  return Object.entries(data).map(
    ([type, each], index) =>
      ({ run: "r1", seq: index + 1, time: "2026-01-01T00:00:00.000Z", source: "core", type, data: each }) as RunEvent,
  );
}

async function read(file: string): Promise<string> {
  let text = "";
  for await (const event of readRecording(file)) text += recordedLine(event);
  return text;
}

describe("a recording", () => {
  it("should come out byte for byte as it went in, with every type of event", async () => {
    expect(Object.keys(data).sort()).toEqual([...eventTypes].sort());
    const file = join(folder, "every.ndjson");
    {
      await using recording = await Recording.create(file);
      const logged: HostEvent = {
        ...{ time: "2026-01-01T00:00:00.000Z", source: "box", type: "log" },
        data: { level: "info", message: "ready" },
      } as HostEvent;
      await Promise.all([logged, ...everyEvent()].map((event) => recording.write(event)));
      expect(recording.count).toBe(everyEvent().length + 1);
    }
    expect(await read(file)).toBe(readFileSync(file, "utf8"));
    await expect(Recording.create(file)).rejects.toMatchObject({ code: "SLUICE_USAGE" });
  });

  it("should be read no further than the longest line, however long the rest is", async () => {
    const file = join(folder, "one-line.ndjson");
    writeFileSync(file, `${recordedLine(everyEvent()[0] as RunEvent)}${"x".repeat(5_000)}`);
    // A sparse file: what is not read costs nothing.
    truncateSync(file, 3 * 1024 ** 3);
    const reading = (async () => {
      for await (const _ of readRecording(file, 4_096)) void _;
    })();
    await expect(reading).rejects.toMatchObject({ code: "SLUICE_RECORDING_INVALID" });
    await expect(reading).rejects.toThrow(":2 has more than 4096 bytes in one line");
  });

  const [first, second] = everyEvent().map(recordedLine);
  const end = recordedLine(everyEvent().at(-1) as RunEvent);
  it.each([
    ["nothing", "", "has no events"],
    ["half a line", `${first}${second?.slice(0, 40)}`, ":2 is no event"],
    ["an empty line", `${first}\n${second}`, ":2 is no event"],
    ["a number", "5\n", ":1 is no event"],
    ["null", "null\n", ":1 is no event"],
    ["an unknown type", first?.replace("run-start", "run-begin"), "there is no type"],
    ["data of another type", first?.replace('"flow":"chat"', '"flow":5'), "is no event run-start"],
    [
      "a host event of no type",
      '{"type":"lgo","time":"2026-01-01T00:00:00Z","source":"core","data":{}}\n',
      "none of type",
    ],
    ["an event twice", `${first}${first}`, "has event 1 of r1 too late"],
    ["an event after the end", `${end}${end}`, "which had ended"],
  ])("should be refused by line where it has %s", async (_, text, why) => {
    const file = join(folder, "bad.ndjson");
    writeFileSync(file, text ?? "");
    await expect(read(file)).rejects.toMatchObject({
      code: "SLUICE_RECORDING_INVALID",
      message: expect.stringContaining(why),
    });
  });

  it("should be refused where there is none", async () => {
    await expect(read(join(folder, "none"))).rejects.toMatchObject({ code: "SLUICE_RECORDING_INVALID" });
  });
});

describe("patterns of a tap", () => {
  it("should be told where nothing can match them", () => {
    const patterns = ["gpt", "gtp", "box.exec-*", "box.exce-*", "*.run-end", "core.run-*", "*", "box.log"];
    expect(unmatched(patterns, ["gpt", "box"])).toEqual(["gtp", "box.exce-*"]);
  });
});
