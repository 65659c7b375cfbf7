import { describe, expect, it } from "vitest";
import { exhaust, walk } from "./explore.ts";
import { type Rules, type Scope, soundRules } from "./ownership-model.ts";

const small = { hosts: 2, kills: 1, cuts: 2, events: 1, pulls: 3 };
const large = { hosts: 3, kills: 2, cuts: 3, events: 4, pulls: 8 };
const scopeOf = (size: Omit<Scope, "attempts" | "rules">, attempts: number, rules = soundRules): Scope => {
  return { ...size, attempts, rules };
};

describe("the ownership of a run", () => {
  it.each([1, 2])("should be one host's in every world of two hosts, with %i attempts", (attempts) => {
    const { whole, worlds, finding } = exhaust(scopeOf(small, attempts), 2_000_000);
    expect(finding).toBeUndefined();
    expect(whole).toBe(true);
    expect(worlds).toBeGreaterThan(50_000);
  });

  it.each([1, 2, 3])("should end once, in whatever order things happen, with %i attempts", (attempts) => {
    const scope = scopeOf(large, attempts);
    for (let seed = 1; seed <= 4_000; seed += 1) {
      const found = walk(scope, seed);
      if ("fault" in found) expect.fail(`seed ${seed}: ${found.fault}\n${found.moves.join("\n")}`);
      const ends = found.last.log.filter(({ kind }) => kind === "end" || kind === "lost");
      expect(ends, `seed ${seed}`).toHaveLength(1);
    }
  });

  const faults: readonly (readonly [string, Partial<Rules>])[] = [
    ["a stream that takes whatever comes", { takes: () => true }],
    ["work before the claim is known to be kept", { worksUnheard: true }],
    ["a writer that takes every message for its own", { settle: (stand, head) => head ?? stand }],
    ["a claim on what has ended", { takeover: () => "begin", writeOn: (head) => head ?? "deleted" }],
    ["no bound on the hosts that execute it", { takeover: (head) => (head?.end ? "over" : "begin") }],
  ];
  it.each(faults)("should be found broken by %s", (_, fault) => {
    const rules = { ...soundRules, ...fault };
    const { finding } = exhaust(scopeOf(small, 1, rules), 2_000_000);
    expect(finding?.moves.length).toBeGreaterThan(0);
  });
});
