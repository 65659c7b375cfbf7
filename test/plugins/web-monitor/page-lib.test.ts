import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/client/index.ts";
import type { FlowNode } from "../../../core/contract/index.ts";
import { AnsiReader, type Line } from "../../../plugins/web-monitor/page/lib/ansi.ts";
import { layoutFlow } from "../../../plugins/web-monitor/page/lib/flow-layout.ts";
import { lineDiff } from "../../../plugins/web-monitor/page/lib/line-diff.ts";
import { parseQuery, withLevels, withTerm } from "../../../plugins/web-monitor/page/lib/query.ts";
import { RunModel, readBundle } from "../../../plugins/web-monitor/page/lib/run-model.ts";

const textOf = (line: Line) => line.map(({ text }) => text).join("");

describe("terminal output", () => {
  const read = (...chunks: string[]) => {
    const reader = new AnsiReader();
    for (const chunk of chunks) reader.write(chunk);
    return reader.lines;
  };

  it("should keep colours and weights as spans", () => {
    const [line] = read("\u001b[1;31mred\u001b[0m plain \u001b[38;5;208morange\u001b[39m\u001b[48;2;1;2;3mdeep\n");
    expect(line?.map(({ look }) => look)).toEqual([
      { bold: true, color: "var(--ansi-red)" },
      {},
      { color: "rgb(255 135 0)" },
      { background: "rgb(1 2 3)" },
    ]);
  });

  it("should read a sequence that is split between two pieces", () => {
    expect(read("a\u001b[3", "2mb")).toEqual([
      [
        { text: "a", look: {} },
        { text: "b", look: { color: "var(--ansi-green)" } },
      ],
    ]);
  });

  it("should write a line anew after a carriage return, as progress bars do", () => {
    expect(read("10 %\r50 %\r100 %\r\ndone\n").map(textOf)).toEqual(["100 %", "done"]);
  });

  it("should leave out what moves a cursor, sets a title or cannot be seen", () => {
    expect(read("\u001b]0;title\u0007a\u001b[2J\u001b[10;10Hb\u0000c\b!\n").map(textOf)).toEqual(["ab!"]);
  });

  it.each([
    ["a cursor that is hidden and shown", "\u001b[?25lhidden\u001b[?25h", ["hidden"]],
    ["a set of characters, as tput ends colours", "a\u001b(B\u001b[mb", ["ab"]],
    ["a place that is kept and gone back to", "ab\u001b7cd\u001b8X", ["abXd"]],
    ["the shape of a cursor and the keys of a keyboard", "a\u001b[2 qb\u001b[>4mc\u001b[?1mD", ["abcD"]],
    ["a picture in sixels", "a\u001bP1q#0;2;0;0;0\u001b\\b", ["ab"]],
    ["a link", "\u001b]8;;https://a.example\u001b\\word\u001b]8;;\u0007", ["word"]],
  ])("should leave out %s", (_name, text, lines) => {
    expect(read(text).map(textOf)).toEqual(lines);
    expect(read(...text).map(textOf)).toEqual(lines);
  });

  it.each([
    ["what is shorter than what it overwrites", "loading\rdone", ["doneing"]],
    ["the rest of a line that is erased", "loading\r\u001b[Kdone", ["done"]],
    ["what a backspace goes back over", "abc\b\bX😀\bY", ["aXY"]],
    ["a bar above another one", "one\ntwo\u001b[A\rONE\n\rTWO\n", ["ONE", "TWO"]],
    ["several bars, as tqdm and rich draw them", "a 1\nb 1\n\u001b[2A\u001b[2Ka 2\nb 2\n", ["a 2", "b 2"]],
    ["a list that shrinks", "a\nb\nc\n\u001b[3A\u001b[JA\n", ["A"]],
    ["a column that is named, and one beyond the end", "abc\u001b[2GX\u001b[3CY", ["aXc  Y"]],
    ["a cursor that would leave the text", "a\u001b[99Ab\u001b[99Bc\u001b[99Dd", ["dbc"]],
    ["colours of what stays", "\u001b[31mred\u001b[0m\rR", ["Red"]],
  ])("should write over %s", (_name, text, lines) => {
    expect(read(text).map(textOf)).toEqual(lines);
    expect(read(...text).map(textOf)).toEqual(lines);
  });

  it("should leave HTML as the text it is", () => {
    expect(read("<script>alert(1)</script>\n").map(textOf)).toEqual(["<script>alert(1)</script>"]);
  });
});

describe("a query of the logs", () => {
  it("should be read into what the host filters and what the page does", () => {
    const { filter, pattern } = parseQuery(
      'level:>=warn source:box source:gp* run:r-1 "timed out" disk -noise /a\\/b c/i',
    );
    expect(filter).toEqual({
      level: "warn",
      sources: ["box", "gp*"],
      run: "r-1",
      text: ["timed out", "disk"],
      not: ["noise"],
    });
    expect(pattern).toEqual(/a\/b c/i);
  });

  it("should name what it does not understand", () => {
    expect(parseQuery("level:loud").problem).toBe("level:loud");
    expect(parseQuery("/[/").problem).toBe("/[/");
    expect(parseQuery("-")).toEqual({ filter: { text: ["-"] } });
  });

  it("should be changed by chips and links without losing the rest", () => {
    expect(withLevels("level:>=warn disk", ["error", "fatal"])).toBe("level:error level:fatal disk");
    expect(withLevels("disk level:info", [])).toBe("disk");
    expect(withTerm("run:r-1 disk", "run", "r-2")).toBe("disk run:r-2");
  });
});

describe("a difference of texts", () => {
  it("should be the lines that changed, and no others", () => {
    expect(lineDiff("a\nb\nc\nd", "a\nB\nc\nd\ne").filter(({ kind }) => kind !== "same")).toEqual([
      { kind: "removed", text: "b" },
      { kind: "added", text: "B" },
      { kind: "added", text: "e" },
    ]);
  });

  it("should find what changed in a long text, and give up where all of it did", () => {
    const long = Array.from({ length: 20_000 }, (_, at) => `line ${at}`);
    const changed = long.with(7, "first").with(19_990, "last").join("\n");
    expect(lineDiff(long.join("\n"), changed).filter(({ kind }) => kind !== "same")).toHaveLength(4);
    const other = long.map((line) => `${line}!`).join("\n");
    expect(lineDiff(long.join("\n"), other)).toHaveLength(40_000);
  });

  it("should give back both texts", () => {
    const [before, after] = ["x\ny\nz\nx\ny", "y\nz\nz\nx\nq"];
    const lines = lineDiff(before, after);
    const side = (other: string) => lines.filter(({ kind }) => kind !== other).map(({ text }) => text);
    expect([side("added").join("\n"), side("removed").join("\n")]).toEqual([before, after]);
  });
});

describe("the drawing of a flow", () => {
  const instance = (id: string): FlowNode => ({ kind: "instance", id, instance: "model", absent: false });
  const chat: FlowNode = {
    kind: "loop",
    until: "done",
    max: 12,
    body: {
      kind: "pipe",
      steps: [{ kind: "fallback", branches: [instance("a"), instance("b")] }, instance("box")],
    },
  };

  it("should place every instance once, and let no two boxes overlap", () => {
    const { boxes, width, height } = layoutFlow(chat);
    expect(boxes.map(({ id }) => id).sort()).toEqual(["a", "b", "box"]);
    for (const [index, one] of boxes.entries()) {
      expect(one.x >= 0 && one.x + 168 <= width && one.y >= 0 && one.y + 58 <= height).toBe(true);
      for (const other of boxes.slice(index + 1)) {
        expect(Math.abs(one.x - other.x) >= 168 || Math.abs(one.y - other.y) >= 58).toBe(true);
      }
    }
  });

  it("should lead back from the end of a loop to its start", () => {
    const back = layoutFlow(chat).lines.filter((line) => line.back);
    expect(back).toMatchObject([{ from: "box" }]);
  });
});

describe("a run in the page", () => {
  const model = new RunModel();
  const times = (at: number) => new Date(1_000_000 + at).toISOString();
  let seq = 0;
  const push = (type: string, data: object, source = "gpt", at = seq * 100) => {
    seq += 1;
    model.push({ run: "r", seq, time: times(at), source, type, data } as RunEvent);
  };
  push("run-start", { flow: "chat", session: "s", input: { text: "hi" } }, "core");
  push("model-start", { model: "m" });
  push("text-delta", { text: "void " });
  push("rewind", { from: 2, reason: "another attempt" }, "core");
  push("text-delta", { text: "Hel" });
  push("text-delta", { text: "lo" });
  push("exec-start", { language: "python", code: "1/0" }, "box");
  push("exec-stderr", { text: "ZeroDivisionError\n", offset: 0 }, "box");
  push(
    "exec-end",
    { status: "exited", exitCode: 1, signal: null, stateLost: false, wallMs: 5, cpuMs: 5, peakBytes: 1 },
    "box",
  );
  push("approval-request", { message: "go on?" }, "core");

  it("should join pieces of text, and mark what a rewind made void", () => {
    const texts = model.transcript.parts.flatMap((part) => (part.kind === "text" ? [part] : []));
    expect(texts.map((part) => [part.text, part.void ?? false])).toEqual([
      ["void ", true],
      ["Hello", false],
    ]);
  });

  it("should keep what a program printed beside how it ended", () => {
    const [execution] = model.programs;
    expect(execution?.record.head.lines.map(textOf)).toEqual(["ZeroDivisionError"]);
    expect(execution?.end?.exitCode).toBe(1);
    expect(model.spans.find(({ kind }) => kind === "exec")).toMatchObject({ source: "box", status: "failed" });
  });

  it("should know the question that waits", () => {
    expect(model.waiting?.type).toBe("approval-request");
    push(
      "run-end",
      { status: "ok", usage: { inputTokens: 1, outputTokens: 1 }, cost: { amount: null, currency: "USD" } },
      "core",
    );
    expect(model.waiting).toBeUndefined();
    expect(model.last).toBe(1000);
  });

  it("should keep the beginning and the end of long output, and count what is between", () => {
    const large = new RunModel();
    const start = {
      run: "r",
      seq: 1,
      time: times(0),
      source: "box",
      type: "exec-start",
      data: { language: "bash", code: "yes" },
    };
    large.push(start as RunEvent);
    for (let index = 0; index < 100; index += 1) {
      large.push({
        ...start,
        seq: index + 2,
        type: "exec-stdout",
        data: { text: `${"y".repeat(99_999)}\n`, offset: 0 },
      } as RunEvent);
    }
    large.push({ ...start, seq: 102, type: "exec-stderr", data: { text: "the error\n", offset: 0 } } as RunEvent);
    const output = large.programs[0]?.record;
    expect(output?.size).toBe(10_000_010);
    const kept = [...(output?.head.lines ?? []), ...(output?.tail?.lines ?? [])].map(textOf);
    expect(kept.join("\n").length + 1 + (output?.left ?? 0)).toBe(10_000_010);
    expect(kept.at(-1)).toBe("the error");
  });

  it("should be read from a file, and refuse another file", () => {
    expect(readBundle('{"format":"sluicebox-run","version":1,"events":[],"run":{}}').events).toEqual([]);
    expect(() => readBundle("{}")).toThrow("not a run that Sluicebox exported");
  });
});
