import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lanesOf, type TurnRecord, tipFrom, turnsOf } from "../../../plugins/web-monitor/page/lib/conversation-tree.ts";

const record = (run: string, continues: string | null | undefined, more: Partial<TurnRecord> = {}): TurnRecord => ({
  ...{ run, session: "talk", flow: "chat", status: "ok", started: "", title: run, question: run },
  ...(continues === undefined ? {} : { continues }),
  ...more,
});

const shown = (runs: readonly TurnRecord[], tip?: string) => turnsOf(runs, tip).map(({ chosen }) => chosen.run);

describe("the turns of a conversation", () => {
  it("should lead to the newest run, and to any other one that is named", () => {
    const runs = [record("a", null), record("b", "a"), record("c", "b"), record("b2", "a"), record("d", "b2")];
    expect(shown(runs)).toEqual(["a", "b2", "d"]);
    expect(shown(runs, "c")).toEqual(["a", "b", "c"]);
    expect(turnsOf(runs)[1]?.versions.map(({ run }) => run)).toEqual(["b", "b2"]);
    expect(tipFrom(runs, "b")).toBe("c");
    expect(tipFrom(runs, "a")).toBe("d");
  });

  it("should be in order where older journals do not say what they go on from, and without what has gone", () => {
    expect(shown([record("a", undefined), record("b", undefined), record("c", "b")])).toEqual(["a", "b", "c"]);
    expect(shown([record("b", "gone"), record("c", "b")])).toEqual(["b", "c"]);
    expect(turnsOf([])).toEqual([]);
  });

  it("should show flows that were asked the same side by side, and what one answered again as versions", () => {
    const asked = { question: "q" };
    const runs = [
      record("a", null, asked),
      record("b", null, { ...asked, flow: "other", session: "talk~2" }),
      record("b2", null, { ...asked, flow: "other", session: "talk~2" }),
    ];
    const [turn] = turnsOf(runs);
    expect(turn?.chosen.run).toBe("b2");
    expect(turn?.columns.map(({ flow, shown, versions }) => [flow, shown.run, versions.length])).toEqual([
      ["chat", "a", 1],
      ["other", "b2", 2],
    ]);
    expect(turnsOf(runs.slice(0, 2))[0]?.chosen.run).toBe("a");
  });

  it("should reach every run from the versions that are shown, whatever the tree", () => {
    const tree = fc.array(
      fc.record({ parent: fc.nat(), flow: fc.constantFrom("x", "y"), text: fc.constantFrom("1", "2") }),
      {
        minLength: 1,
        maxLength: 14,
      },
    );
    fc.assert(
      fc.property(tree, (nodes) => {
        const runs = nodes.map(({ parent, flow, text }, index) =>
          record(`r${index}`, index === 0 || parent % 4 === 0 ? null : `r${parent % index}`, { flow, question: text }),
        );
        const reached = new Set<string>();
        const wanted: (string | undefined)[] = [undefined];
        for (let tip = wanted.pop(); wanted.length > 0 || tip !== undefined || reached.size === 0; tip = wanted.pop()) {
          for (const { columns, versions, chosen } of turnsOf(runs, tip)) {
            expect(columns.some(({ shown }) => shown.run === chosen.run)).toBe(true);
            const offered = [...versions, ...columns.flatMap((column) => [column.shown, ...column.versions])];
            for (const { run } of offered) if (!reached.has(run)) wanted.push(run, tipFrom(runs, run));
            for (const { run } of offered) reached.add(run);
          }
        }
        expect(reached.size).toBe(runs.length);
      }),
    );
  });
});

describe("where flows answer", () => {
  it("should give each a session of its own, and leave its own to the one that goes on", () => {
    expect([...lanesOf("talk", ["a", "b"], [])]).toEqual([
      ["a", "talk"],
      ["b", "talk~2"],
    ]);
    const runs = [record("1", null, { flow: "a" }), record("2", null, { flow: "b", session: "talk~2" })];
    const lanes = lanesOf("talk", ["a", "b", "c"], runs, runs[1]);
    expect(Object.fromEntries(lanes)).toEqual({ b: "talk~2", a: "talk", c: "talk~3" });
    const [second] = runs.slice(1);
    expect(lanesOf("talk", ["c"], runs, second).get("c")).toBe("talk~2");
  });

  it("should never let two share one, however many there are", () => {
    const flows = fc.uniqueArray(fc.constantFrom(..."abcdefgh"), { minLength: 1, maxLength: 8 });
    const history = fc.array(fc.record({ flow: fc.constantFrom(..."abcdefgh"), lane: fc.integer({ min: 1, max: 8 }) }));
    fc.assert(
      fc.property(flows, history, (chosen, past) => {
        const runs = past.map(({ flow, lane }, index) =>
          record(`r${index}`, null, { flow, session: lane === 1 ? "talk" : `talk~${lane}` }),
        );
        const lanes = lanesOf("talk", chosen, runs, runs.at(-1));
        expect(new Set(lanes.values()).size).toBe(chosen.length);
      }),
    );
  });
});
