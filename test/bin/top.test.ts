import { describe, expect, it } from "vitest";
import { TopSampler } from "../../bin/top/sampler.ts";
import { screenOf } from "../../bin/top/screen.ts";
import { sortSample } from "../../bin/top/sort.ts";
import type { HostLoad, InstanceStatus, RunRecord } from "../../core/contract/index.ts";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, seconds)).toISOString();
const now = (seconds: number) => Date.parse(at(seconds));
const instance = (id: string, kind: string, more = {}): InstanceStatus => ({
  ...{ id, plugin: `a-${kind}`, kind, status: "ok", since: at(0), restarts: 0 },
  ...more,
});
const all = [
  instance("gpt", "model"),
  instance("box", "sandbox"),
  instance("file", "sink", { status: "degraded", restarts: 2 }),
];
const pulse = (seconds: number, counts: Record<string, number>, more = {}) => ({
  entries: [],
  pulse: { time: at(seconds), runs: 1, memory: 100e6, cpu: 0.25, counts, instances: all as never, ...more },
});
const load: HostLoad = {
  lag: 3,
  instances: [
    { id: "file", waiting: 7, dropped: 2 },
    { id: "box", sandboxes: 2, memory: 50e6, cpu: 0.5 },
  ],
};
const run = (seq: number): RunRecord => ({
  ...{ run: "r1", flow: "chat", session: "s", input: "hi", status: "running", started: at(0), lastSeq: seq },
});
const event = (type: string, seconds: number, data = {}) => ({
  seq: 1,
  event: { run: "r1", seq: 1, time: at(seconds), source: "gpt", type, data },
});

function sampled() {
  const sampler = new TopSampler();
  const retained = [{ type: "plugin-metric", source: "box", time: at(0), data: { name: "pool-ready", value: 3 } }];
  sampler.read(pulse(0, { "gpt.text-delta": 100, "core.run-start": 5 }, { retained }) as never);
  expect(sampler.ready).toBe(false);
  sampler.read({ entries: [event("model-start", 0), event("model-end", 1)] } as never);
  sampler.look({ load, runs: [run(10)], took: 2 }, now(1));
  sampler.read(pulse(2, { "gpt.text-delta": 160, "core.run-start": 25, "gpt.error": 1 }) as never);
  expect(sampler.ready).toBe(true);
  return sampler;
}

describe("TopSampler", () => {
  it("should make rates of what the host has told twice", () => {
    const sample = sampled().look({ load, runs: [run(40)], took: 4 }, now(3));
    expect(sample.host).toEqual({
      ...{ memory: 100e6, cpu: 0.25, runs: 1, lag: 3, answers: 4 },
      ...{ runRate: 10, eventRate: 40.5, errors: 1 },
    });
    const [gpt, box, file] = sample.instances;
    expect(gpt).toMatchObject({ id: "gpt", rate: 30.5, errors: 1, took: 1000, status: "ok" });
    expect(box).toMatchObject({ pool: 3, sandboxes: 2, memory: 50e6 });
    expect(file).toMatchObject({ waiting: 7, dropped: 2, status: "degraded", restarts: 2 });
    expect(sample.runs).toEqual([{ run: "r1", flow: "chat", age: 3000, events: 40, rate: 15, doing: "gpt answers" }]);
  });

  it("should keep its rates when it is looked at twice between two pulses, and begin anew with another host", () => {
    const sampler = sampled();
    const [first, second] = [1, 2].map(() => sampler.look({ load, runs: [], took: 4 }, now(3)).host.runRate);
    expect([first, second]).toEqual([10, 10]);
    sampler.read({ ...pulse(9, { "core.run-start": 1 }), restarted: true } as never);
    expect(sampler.ready).toBe(false);
    expect(sampler.look({ load, runs: [], took: 4 }, now(9)).host).toMatchObject({ runRate: 0, errors: 0 });
  });

  it("should say who asks, and nothing of a run that has ended", () => {
    const sampler = sampled();
    sampler.read({ entries: [event("approval-request", 2)] } as never);
    expect(sampler.look({ load, runs: [run(41)], took: 1 }, now(3)).runs[0]?.doing).toBe("gpt asks");
    sampler.read({ entries: [event("run-end", 2)] } as never);
    expect(sampler.look({ load, runs: [run(42)], took: 1 }, now(3)).runs[0]?.doing).toBe("");
  });
});

describe("the screen of top", () => {
  const sample = sampled().look({ load, runs: Array.from({ length: 60 }, () => run(40)), took: 4 }, now(3));

  it("should be a table in plain text where there is no terminal", () => {
    const text = screenOf(sample, process.stdout);
    expect(text).toMatch(/^file +a-sink +degraded +0 +0 +- +7 \(2 dropped\) +- +- +- +2$/m);
    expect(text).toMatch(/^box .* 3 +2 +50\.0 MB +0$/m);
    expect(text).not.toContain("\u001b");
    expect(text.split("\n")).toHaveLength(3 + 3 + 2 + 60);
  });

  it.each([
    ["profile", ["gpt", "box", "file"]],
    ["name", ["box", "file", "gpt"]],
    ["rate", ["gpt", "box", "file"]],
    ["errors", ["gpt", "box", "file"]],
    ["took", ["gpt", "box", "file"]],
    ["queue", ["file", "gpt", "box"]],
    ["memory", ["box", "gpt", "file"]],
    ["restarts", ["file", "gpt", "box"]],
  ] as const)("should be sorted by %s, and say by what", (order, ids) => {
    const sorted = sortSample(sample, order);
    expect(sorted.instances.map(({ id }) => id)).toEqual(ids);
    const lines = screenOf(sorted, process.stdout, { columns: 120, rows: 40, sort: order }).split("\n");
    expect(lines.at(-1)).toContain(`sorted by ${order} · p profile · n name`);
    expect(lines.length).toBeLessThanOrEqual(40);
  });

  it.each([
    [80, 24],
    [40, 10],
    [200, 50],
    [10, 5],
  ])("should fit into %i columns and %i rows, and say what is left out", (columns, rows) => {
    const lines = screenOf(sample, process.stdout, { columns, rows }).split("\n");
    expect(lines.every((line) => line.length <= columns)).toBe(true);
    expect(lines.length).toBeLessThanOrEqual(Math.max(rows, 9));
    if (columns >= 20) expect(lines.join("\n")).toMatch(/\.\.\. \d+ more runs/);
  });
});
