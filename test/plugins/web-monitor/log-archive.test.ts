import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { HostEvent, Logger } from "../../../core/contract/index.ts";
import { FeedRing } from "../../../core/host/feed.ts";
import { type ArchivedLine, LogArchive, timeOf } from "../../../plugins/web-monitor/log-archive.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-archive-"));
const place = join(folder, "deep", "logs");
const warned: string[] = [];
const log = { warn: (message: string) => warned.push(message) } as unknown as Logger;

afterEach(() => {
  rmSync(join(folder, "deep"), { recursive: true, force: true });
  warned.length = 0;
});

const said = (at: number, message: string): HostEvent => ({
  ...{ time: new Date(at).toISOString(), source: "core", type: "log" },
  data: { level: "info", message },
});

/** All of it, page by page, oldest first. */
async function readAll(archive: LogArchive, limit: number, since = 0, until = Number.MAX_SAFE_INTEGER) {
  const pages: ArchivedLine[][] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page: ArchivedLine[] = [];
    cursor = await archive.read({
      ...{ since, until, signal: AbortSignal.timeout(10_000), ...(cursor === undefined ? {} : { cursor }) },
      take: (line) => page.length < limit && page.push(line) > 0,
    });
    pages.unshift(page.reverse());
  }
  return pages.flat().map((line) => ("event" in line && line.event.type === "log" ? line.event.data.message : line));
}

describe("the log on disk", () => {
  it("should give every line once and in order, whatever the page's size, over restarts", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string(), { maxLength: 30 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        async (hosts, limit) => {
          rmSync(join(folder, "deep"), { recursive: true, force: true });
          let at = 0;
          for (const messages of hosts) {
            const feed = new FeedRing();
            await using archive = await LogArchive.open(place, 1_000_000, feed, log);
            for (const message of messages) {
              at += 1;
              feed.push(said(at, message));
            }
            await archive.flush();
          }
          await using archive = await LogArchive.open(place, 1_000_000, new FeedRing(), log);
          expect(await readAll(archive, limit)).toEqual(hosts.flat());
        },
      ),
      { numRuns: 40 },
    );
  });

  it("should give a range of time, and leave out a line that was cut off", async () => {
    const feed = new FeedRing();
    {
      await using archive = await LogArchive.open(place, 1_000_000, feed, log);
      for (const at of [10, 20, 30, 40]) feed.push(said(at, `at ${at}`));
      await archive.flush();
    }
    appendFileSync(join(place, "1.ndjson"), '{"boot":"x","seq":5,"ev');
    await using archive = await LogArchive.open(place, 1_000_000, new FeedRing(), log);
    expect(await readAll(archive, 10, 20, 30)).toEqual(["at 20", "at 30"]);
    expect(await readAll(archive, 1, 20, 30)).toEqual(["at 20", "at 30"]);
  });

  it("should stay within its bound, by its oldest", async () => {
    const feed = new FeedRing();
    await using archive = await LogArchive.open(place, 40_000, feed, log);
    for (let turn = 0; turn < 40; turn += 1) {
      for (let line = 0; line < 20; line += 1) feed.push(said(turn * 20 + line, "x".repeat(100)));
      await archive.flush();
    }
    const size = readdirSync(place).reduce((total, name) => total + statSync(join(place, name)).size, 0);
    expect(size).toBeLessThan(50_000);
    expect(size).toBeGreaterThan(20_000);
  });

  it("should say what came too fast", async () => {
    const feed = new FeedRing();
    await using archive = await LogArchive.open(place, 1_000_000, feed, log);
    for (let line = 0; line < 3_000; line += 1) feed.push(said(900 + line, "fast"));
    const lines: ArchivedLine[] = [];
    await archive.read({
      since: 900,
      until: 9_000,
      signal: AbortSignal.timeout(10_000),
      take: (line) => lines.push(line) > 0,
    });
    const missing = lines.reduce((total, line) => total + ("missing" in line ? line.missing : 1), 0);
    expect(lines.some((line) => "missing" in line)).toBe(true);
    expect(missing).toBe(3_000);
    expect(lines.map(timeOf)).toEqual(lines.map(timeOf).toSorted((a, b) => b - a));
  });

  it("should go on where the disk does not let it write, and say so once", async () => {
    const feed = new FeedRing();
    appendFileSync(join(folder, "file"), "x");
    await using archive = await LogArchive.open(join(folder, "file", "logs"), 1_000, feed, log);
    for (const at of [1, 2]) {
      feed.push(said(at, "lost"));
      await archive.flush();
    }
    expect(warned).toHaveLength(1);
    expect(await readAll(archive, 5)).toEqual([]);
  });
});
