import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { ClientHost, JournalPage } from "../../../core/contract/index.ts";
import { sendBundle } from "../../../plugins/web-monitor/run-routes.ts";

class Answer extends Writable {
  text = "";

  writeHead(): this {
    return this;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

const event = (seq: number, type: string) => ({
  run: "r",
  seq,
  time: "2026-01-01T00:00:00.000Z",
  source: "core",
  type,
  data: {},
});

describe("a run as a file", () => {
  it("should have what is missing of it as an event in its place", async () => {
    const pages = [
      { kind: "gap", from: 1, to: 6, reason: "they were removed" },
      { kind: "events", entries: [{ event: event(7, "text-delta"), json: "" }] },
      { kind: "gap", from: 8, to: 8, reason: "the store lost them" },
      { kind: "events", entries: [{ event: event(9, "run-end"), json: "" }] },
    ] as unknown as JournalPage[];
    const host = {
      runs: { list: async () => [{ run: "r", status: "ok", started: "2026-01-01T00:00:00.000Z", lastSeq: 9 }] },
      journal: {
        follow: async function* () {
          yield* pages;
        },
      },
    } as unknown as ClientHost;
    const response = new Answer();
    await sendBundle({
      host,
      name: "r",
      response: response as unknown as ServerResponse,
      signal: AbortSignal.timeout(5_000),
    });
    const { events } = JSON.parse(response.text);
    expect(events.map(({ seq, type }: { seq: number; type: string }) => [seq, type])).toEqual([
      [6, "gap"],
      [7, "text-delta"],
      [8, "gap"],
      [9, "run-end"],
    ]);
    expect(events[0].data).toEqual({ from: 1, to: 6, reason: "they were removed" });
  });
});
