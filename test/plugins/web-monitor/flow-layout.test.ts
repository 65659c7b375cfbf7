import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FlowNode } from "../../../core/contract/index.ts";
import { type Box, box, layoutFlow } from "../../../plugins/web-monitor/page/lib/flow-layout.ts";

/** Points along a path of absolute M, H, V and C, and of q, which is relative. */
function* pointsOf(path: string): Generator<readonly [number, number]> {
  let [x, y] = [0, 0];
  for (const [, command = "", rest = ""] of path.matchAll(/([MHVCq])([^MHVCq]*)/g)) {
    const n = rest
      .trim()
      .split(/[\s,]+/)
      .map(Number);
    const from = [x, y] as const;
    const to =
      command === "H"
        ? [n[0], y]
        : command === "V"
          ? [x, n[0]]
          : command === "q"
            ? [x + (n[2] ?? 0), y + (n[3] ?? 0)]
            : n.slice(-2);
    const [c1, c2] = command === "C" ? [n.slice(0, 2), n.slice(2, 4)] : [from, to];
    [x, y] = [to[0] ?? 0, to[1] ?? 0];
    if (command === "M") continue;
    for (let share = 0; share <= 1; share += 0.02) {
      const rest1 = 1 - share;
      const at = (axis: 0 | 1) =>
        command === "C"
          ? rest1 ** 3 * from[axis] +
            3 * rest1 ** 2 * share * (c1?.[axis] ?? 0) +
            3 * rest1 * share ** 2 * (c2?.[axis] ?? 0) +
            share ** 3 * (axis === 0 ? x : y)
          : rest1 * from[axis] + share * (axis === 0 ? x : y);
      yield [at(0), at(1)];
    }
  }
}

const leadsThrough = (path: string, { x: left, y: top }: Box) =>
  [...pointsOf(path)].some(
    ([x, y]) => x > left + 1 && x < left + box.width - 1 && y > top + 1 && y < top + box.height - 1,
  );

describe("the drawing of a flow", () => {
  it("should lead no line through a box, however flows are nested", () => {
    const leaf = fc.constant<FlowNode>({ kind: "instance", id: "x", instance: "model", absent: false });
    const { node } = fc.letrec<{ node: FlowNode }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small", maxDepth: 4 },
        leaf,
        fc.record({ kind: fc.constant("pipe" as const), steps: fc.array(tie("node"), { minLength: 1, maxLength: 3 }) }),
        fc.record({
          kind: fc.constant("all" as const),
          branches: fc.array(tie("node"), { minLength: 1, maxLength: 4 }),
        }),
        fc.record({
          ...{ kind: fc.constant("loop" as const), body: tie("node") },
          ...{ until: fc.constant("done" as const), max: fc.constant(3) },
        }),
        fc.record({
          kind: fc.constant("when" as const),
          cases: fc.constant([]),
          otherwise: tie("node"),
        }),
      ),
    }));
    fc.assert(
      fc.property(node, (flow) => {
        const { boxes, lines } = layoutFlow(flow);
        // Compared here and told once: an assertion for each point and box took ten times as long.
        const through = boxes.flatMap((each) =>
          lines.filter(({ path }) => leadsThrough(path, each)).map(({ path }) => `${path} at ${each.x} ${each.y}`),
        );
        expect(through).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
