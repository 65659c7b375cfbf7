import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { edges } from "./edges.ts";

const log = process.env["SLUICE_FUZZ_LOG"] ?? "";
const read = () => (existsSync(log) ? readFileSync(log, "utf8").split("\n") : []);
const names = Object.keys(edges);

/** `bin/test` has begun `npm run fuzz:every` beside the other tests; most of it is over when these begin. */
describe("a minute of hostile inputs", { timeout: 3_600_000 }, () => {
  it.each(names)("should be borne by %s", async (name) => {
    const isOf = (line: string) => line.startsWith(`${name} `) && / inputs, |its process has ended/.test(line);
    await expect.poll(() => read().some(isOf), { timeout: 3_500_000, interval: 1_000 }).toBe(true);
    const line = read().find(isOf) ?? "";
    console.info(line);
    const said = read().slice(read().indexOf(line) + 1);
    const kept = said.slice(
      0,
      said.findIndex((other) => !other.startsWith("  ")),
    );
    expect([line, ...kept].join("\n")).toMatch(/ [1-9]\d* inputs, .* 0 faults /);
  });
});
