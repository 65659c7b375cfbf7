import { fromMarkdown } from "mdast-util-from-markdown";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/client/index.ts";
import { markdownOf, notebookOf } from "../../../plugins/web-monitor/page/lib/export-run.ts";
import { type Bundle, readBundle } from "../../../plugins/web-monitor/page/lib/run-model.ts";

function bundleOf(drafts: readonly (readonly [source: string, type: string, data: object])[]): Bundle {
  const time = new Date(0).toISOString();
  const all = [
    ["core", "run-start", { flow: "chat", session: "s", input: { text: "# *Draw* it" } }] as const,
    ...drafts,
  ];
  const events = all.map(([source, type, data], index) => ({ run: "r", seq: index + 1, time, source, type, data }));
  const run = { run: "r", flow: "chat", session: "s", input: "Draw it", status: "ok", started: time, lastSeq: 9 };
  return { format: "sluicebox-run", version: 1, exported: time, run, events: events as unknown as RunEvent[] };
}

const end = { status: "exited", exitCode: 0, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 };
const bundle = bundleOf([
  ["gpt", "model-start", { model: "gpt" }],
  ["gpt", "text-delta", { text: "void" }],
  ["core", "rewind", { from: 2, reason: "again" }],
  ["gpt", "model-start", { model: "gpt" }],
  ["gpt", "text-delta", { text: "I **draw**." }],
  ["gpt", "code-start", { language: "python" }],
  ["gpt", "code-delta", { text: "print('```')\n" }],
  ["gpt", "code-end", {}],
  ["gpt", "model-end", { reason: "stop", usage: { inputTokens: 1, outputTokens: 1 } }],
  ["box", "exec-start", { language: "python", code: "print('```')\n" }],
  ["box", "exec-stdout", { text: "\u001b[31m``", offset: 0 }],
  ["box", "exec-stdout", { text: "`\u001b[0m\n", offset: 8 }],
  ["box", "exec-stderr", { text: "careful\n", offset: 0 }],
  ["box", "exec-result", { data: { "image/png": "aGk=", "text/plain": "<Figure>" } }],
  ["box", "exec-end", { ...end, exitCode: 1, error: { name: "ValueError", message: "no *stars*" } }],
  ["box", "exec-start", { language: "bash", code: "ls" }],
  ["box", "exec-end", end],
]);

describe("a file that is no run", () => {
  const event = { run: "r", seq: 1, time: "t", source: "s", type: "text-end", data: {} };
  const whole = { format: "sluicebox-run", version: 1, exported: "t", run: { run: "r", lastSeq: 1 }, events: [event] };
  it.each([
    { run: undefined },
    { run: null },
    { run: [] },
    { run: { run: "r", lastSeq: "1" } },
    { run: { run: "r", lastSeq: 1.5 } },
    { events: [null] },
    { events: [1] },
    { events: [[]] },
    { events: [{ ...event, seq: "1" }] },
    { events: [{ ...event, type: ["a"] }] },
    { events: [{ ...event, data: null }] },
    { events: [{ ...event, type: "gap", data: {} }] },
    { events: {} },
  ])("should be said to be none: %j", (part) => {
    expect(() => readBundle(JSON.stringify(whole))).not.toThrow();
    expect(() => readBundle(JSON.stringify({ ...whole, ...part }))).toThrow("not a run that Sluicebox exported");
  });
});

describe("a run that leaves the page", () => {
  it("should be a notebook that Jupyter reads, with what is valid once", () => {
    const { cells, nbformat, metadata } = JSON.parse(notebookOf(bundle));
    expect([nbformat, metadata.kernelspec.name]).toEqual([4, "python3"]);
    expect(
      cells.map((cell: { cell_type: string; source: string[] }) => [cell.cell_type, cell.source.join("")]),
    ).toEqual([
      ["markdown", "## \\# \\*Draw\\* it"],
      ["markdown", "I **draw**."],
      ["code", "print('```')\n"],
      ["code", "%%bash\nls"],
    ]);
    expect(cells[2].outputs).toEqual([
      { output_type: "stream", name: "stdout", text: "\u001b[31m```\u001b[0m\n" },
      { output_type: "stream", name: "stderr", text: "careful\n" },
      { output_type: "display_data", data: { "image/png": "aGk=", "text/plain": "<Figure>" }, metadata: {} },
      { output_type: "error", ename: "ValueError", evalue: "no *stars*", traceback: [] },
    ]);
    expect(new Set(cells.map(({ id }: { id: string }) => id)).size).toBe(4);
  });

  it("should be Markdown in which no output ends its fence", () => {
    const text = markdownOf(bundle);
    const codes = fromMarkdown(text).children.flatMap((node) => (node.type === "code" ? [node.value] : []));
    expect(codes).toEqual(["print('```')", "```\ncareful", "ls"]);
    expect(text).toContain("![image/png](data:image/png;base64,aGk=)");
    expect(text).toContain("**ValueError**: no \\*stars\\*");
    expect(text).not.toContain("void");
  });

  it("should say in every form what is missing of it", () => {
    const events = bundle.events.filter(({ seq }) => seq !== 4 && seq !== 11 && seq !== 12);
    const cut = readBundle(JSON.stringify({ ...bundle, events }));
    const gaps = cut.events.flatMap((event) => (event.type === "gap" ? [[event.data.from, event.data.to]] : []));
    expect(gaps).toEqual([
      [4, 4],
      [11, 12],
    ]);
    for (const text of [markdownOf(cut), notebookOf(cut)]) {
      expect(text).toContain("Event 4 is missing");
      expect(text).toContain("Events 11 to 12 are missing");
    }
  });

  it("should say that its end is missing, and tell no gap twice", () => {
    const events = bundle.events.slice(0, 5);
    const cut = readBundle(JSON.stringify({ ...bundle, events }));
    expect(cut.events.at(-1)).toMatchObject({ type: "gap", data: { from: 6, to: 9 } });
    expect(readBundle(JSON.stringify(cut)).events).toEqual(cut.events);
  });
});
