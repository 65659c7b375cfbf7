import { describe, expect, it } from "vitest";
import type { FlowNode } from "../../../core/contract/index.ts";
import { roomOf } from "../../../core/host/room.ts";

const at = (id: string, absent = false): FlowNode => ({ kind: "instance", id, instance: "model", absent });
const count = { type: "integer", "x-capacity": true };
const schema = {
  properties: { pool: count, cpus: { type: "number" }, limits: { type: "object", properties: { concurrent: count } } },
};
const options: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  box: { pool: 6, cpus: 1 },
  cold: { pool: 0 },
  gpt: { limits: { concurrent: 4, requestsPerMinute: 1 } },
  tiny: { limits: { concurrent: 2 } },
  free: { limits: {} },
};
const room = (...flows: readonly FlowNode[]) =>
  roomOf(Object.fromEntries(flows.entries()), (id) =>
    id in options ? { config: options[id] ?? {}, schema } : undefined,
  );

// biome-ignore lint/suspicious/noThenProperty: the word of the grammar
const either: FlowNode = { kind: "when", cases: [{ if: {}, then: at("box") }], otherwise: at("tiny") };

describe("the runs that a host has room for", () => {
  it.each<[string, FlowNode, number, string]>([
    ["a sandbox's pool", at("box"), 6, "box"],
    ["the least of what runs one after the other", { kind: "pipe", steps: [at("box"), at("gpt")] }, 4, "gpt"],
    ["a loop's body", { kind: "loop", body: at("gpt"), until: "done", max: 3 }, 4, "gpt"],
    ["the first of a fallback", { kind: "fallback", branches: [at("gpt"), at("tiny")] }, 4, "gpt"],
    ["the first that is there", { kind: "fallback", branches: [at("gpt", true), at("tiny")] }, 2, "tiny"],
    ["all branches at once", { kind: "all", branches: [at("gpt"), at("gpt"), at("box")] }, 2, "gpt"],
    ["all that race", { kind: "race", branches: [at("box"), at("box")], until: "first" }, 3, "box"],
    ["a share of what is balanced", { kind: "balance", branches: [at("gpt"), at("tiny")], by: "turn" }, 4, "tiny"],
    ["the worst case", either, 2, "tiny"],
    ["one at least", { kind: "all", branches: [at("tiny"), at("tiny"), at("tiny")] }, 1, "tiny"],
  ])("should follow from %s", (_what, flow, runs, bound) => {
    expect(room(flow)).toEqual({ runs, bound });
  });

  it("should be what each of its flows bears, and leave out those that cannot run", () => {
    expect(room(at("box"), at("gpt"))).toEqual({ runs: 4, bound: "gpt" });
    expect(room(at("box"), at("tiny", true))).toEqual({ runs: 6, bound: "box" });
  });

  it("should follow from nothing where nothing is bounded", () => {
    expect(room(at("cold"), at("free"), at("unknown"))).toBeUndefined();
  });
});
