import { describe, expect, it } from "vitest";
import { edges } from "../fuzz/edges.ts";
import { fuzz } from "../fuzz/run.ts";

describe("five thousand inputs of a fixed seed", () => {
  it.each(Object.keys(edges))("should be taken or refused with a typed error by %s, and nothing else", async (name) => {
    const edge = edges[name];
    if (edge === undefined) throw new Error(name);
    // A profile takes long to be read, and an edge with a host behind it a connection for each input.
    const inputs = name === "profile" ? 150 : edge.start === undefined ? 5_000 : 1_500;
    const { faults, ...found } = await fuzz(edge, { seed: 20261128, inputs, seconds: 15 });
    expect(faults).toEqual([]);
    expect(found.inputs).toBeGreaterThan(100);
    expect(found.refused).toBeLessThan(found.inputs);
  });
});
