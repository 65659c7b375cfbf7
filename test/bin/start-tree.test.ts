import { expect, it } from "vitest";
import { startTree } from "../../bin/plan/start-tree.ts";

const row = (id: string, needs: readonly string[], startMs: number | undefined, more = {}) => ({
  ...{ id, plugin: `a-${id}`, status: "ok" as const, needs },
  ...(startMs === undefined ? {} : { startMs }),
  ...more,
});

it("should draw each instance once, below the slowest that it waited for", () => {
  const all = [
    row("box", [], 40),
    row("http", [], 3),
    row("wire", ["http"], 2),
    row("page", ["http", "wire"], 0),
    row("agent", ["http", "box"], 5, { status: "degraded" }),
    row("gpt", [], undefined, { status: "absent", absent: "KEY is not set" }),
    row("tiny", [], undefined, { status: "failed" }),
  ];
  expect(startTree(all, 61.4)).toBe(
    [
      "started in 61ms",
      "├─ box (a-box) 40ms",
      "│  └─ agent (a-agent) 5ms, degraded",
      "├─ http (a-http) 3ms",
      "│  ├─ wire (a-wire) 2ms",
      "│  └─ page (a-page) below 1ms",
      "├─ gpt (a-gpt): absent, KEY is not set",
      "└─ tiny (a-tiny): failed",
      "",
    ].join("\n"),
  );
});
