import { describe, expect, it } from "vitest";
import { explain } from "../../bin/plan/explain.ts";
import type { Plan } from "../../core/command-line.ts";
import type { FlowNode } from "../../core/contract/index.ts";

const plain = (_name: unknown, text: string) => text;

/** A plan with one instance, whose schema has so many durations; `looks` counts how often it is walked. */
function planOf(durations: number): { readonly plan: Plan; readonly looks: () => number } {
  let looks = 0;
  const keys = Array.from({ length: durations }, (_, index) => `o${index}`);
  const config = {
    get properties() {
      looks += 1;
      return Object.fromEntries(keys.map((key) => [key, { "x-unit": "duration" }]));
    },
  };
  const instance = {
    id: "a",
    config: Object.fromEntries(keys.map((key) => [key, 1_000])),
    plugin: { manifest: { name: "strange", config } },
  };
  return { plan: { instances: [instance], flows: {} } as unknown as Plan, looks: () => looks };
}

describe("a flow that is explained", () => {
  it("should look at a stranger's schema once, however often the instance stands in it", () => {
    const { plan, looks } = planOf(700);
    const leaf = { kind: "instance", id: "a" } as unknown as FlowNode;
    const steps = { kind: "pipe", steps: Array.from({ length: 900 }, () => leaf) } as unknown as FlowNode;
    const text = explain("chat", steps, plan, plain as never);
    expect(text.match(/a \(strange\)/g)).toHaveLength(900);
    expect(looks()).toBe(1);
    expect(text).toContain("o19 1s, and 680 more");
    expect(text).not.toContain("o20 1s");
  });

  it("should tell all bounds where they are few", () => {
    const { plan } = planOf(20);
    const leaf = { kind: "instance", id: "a" } as unknown as FlowNode;
    expect(explain("chat", leaf, plan, plain as never)).toMatch(/o19 1s\n/);
  });
});
