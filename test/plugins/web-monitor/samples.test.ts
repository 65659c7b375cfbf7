import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { Logger } from "../../../core/contract/index.ts";
import { chartOf, parseSample } from "../../../plugins/web-monitor/figures.ts";
import { SampleFile } from "../../../plugins/web-monitor/sample-file.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-samples-"));
const path = join(folder, "deep", "samples.ndjson");
const warned: string[] = [];
const log = { warn: (message: string) => warned.push(message) } as unknown as Logger;

afterEach(() => {
  rmSync(join(folder, "deep"), { recursive: true, force: true });
  warned.length = 0;
});

const opened = async (keep = 1_000_000, now = 0) => {
  const file = new SampleFile(path, keep, log);
  await file.load(now);
  return file;
};

describe("the samples of a host", () => {
  it("should be there after a restart, whatever became of the last line", async () => {
    const first = await opened();
    for (const at of [1, 2, 3]) first.add({ at, values: { runs: at } });
    await first.flush();
    writeFileSync(path, `${readFileSync(path, "utf8")}{"at":4,"values":{"ru`);
    const second = await opened();
    expect(second.samples.map(({ at }) => at)).toEqual([1, 2, 3]);
    second.add({ at: 5, values: {} });
    await second.flush();
    expect((await opened()).samples.map(({ at }) => at)).toEqual([1, 2, 3, 5]);
  });

  it("should be forgotten when they are old, in the file too", async () => {
    const file = await opened(100);
    for (let at = 0; at < 3_000; at += 1) file.add({ at, values: { runs: 1 } });
    await file.flush();
    expect(file.samples).toHaveLength(101);
    expect(readFileSync(path, "utf8").split("\n").length).toBeLessThan(1_500);
    expect((await opened(100, 3_000)).samples.at(-1)?.at).toBe(2_999);
  });

  it("should go on where nothing can be written, and say so once", async () => {
    const file = new SampleFile("/dev/null/samples.ndjson", 1_000, log);
    await file.load(0);
    for (const at of [1, 2, 3]) file.add({ at, values: {} });
    await file.flush();
    expect([file.samples.length, warned.length]).toEqual([3, 1]);
  });

  it.each(["", "null", "[]", '{"at":"1","values":{}}', '{"at":1}', '{"at":1e999,"values":{}}'])(
    "should not be what %s says",
    (line) => expect(parseSample(line)).toBeUndefined(),
  );

  it("should lose no run and no token in a chart, whatever its steps", () => {
    const sample = fc.record({ at: fc.integer({ min: 0, max: 999 }), runs: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.array(sample), fc.integer({ min: 1, max: 300 }), (given, points) => {
        const samples = given.map(({ at, runs }) => ({ at, values: { runs } }));
        const { times, series } = chartOf(samples, 0, 1_000, points);
        const sum = (values: readonly (number | null)[]) => values.reduce<number>((all, each) => all + (each ?? 0), 0);
        expect(sum(series["runs"] ?? [])).toBe(sum(given.map(({ runs }) => runs)));
        expect(times.length).toBeLessThanOrEqual(points);
      }),
    );
  });
});
