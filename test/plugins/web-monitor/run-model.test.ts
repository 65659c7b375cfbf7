import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/client/index.ts";
import type { Lane, TranscriptNode } from "../../../core/kit/transcript/index.ts";
import type { ProgramOutput } from "../../../plugins/web-monitor/page/lib/program-output.ts";
import { failureOf } from "../../../plugins/web-monitor/page/lib/run-failure.ts";
import { RunModel } from "../../../plugins/web-monitor/page/lib/run-model.ts";
import type { RunPart, RunProgram } from "../../../plugins/web-monitor/page/lib/run-parts.ts";

type Draft = Pick<RunEvent, "source" | "type"> & { readonly data: object; readonly branch?: string };

/** What a branch does: answers and programs one after the other, cut off by a rewind or not. */
interface Attempt {
  readonly turns: readonly { readonly source: string; readonly kind: "text" | "exec"; readonly pieces: string[] }[];
  /** Events of its last turn that still came before it was cut off; undefined when it came to its end. */
  readonly cut?: number;
}

interface Branch {
  readonly attempts: readonly Attempt[];
  readonly inner: readonly Branch[];
}

const piece = fc.string({ unit: fc.constantFrom("a", "ß", "字", "\n", " "), minLength: 1, maxLength: 12 });
const attempt = fc.record(
  {
    turns: fc.array(
      fc.record({
        source: fc.constantFrom("gpt", "box"),
        kind: fc.constantFrom("text" as const, "exec" as const),
        pieces: fc.array(piece, { maxLength: 6 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    cut: fc.nat(6),
  },
  { requiredKeys: ["turns"] },
);
const { branch } = fc.letrec<{ branch: Branch }>((tie) => ({
  branch: fc.record({
    attempts: fc.array(attempt, { minLength: 1, maxLength: 3 }),
    inner: fc.oneof({ maxDepth: 2, withCrossShrink: true }, fc.constant([]), fc.array(tie("branch"), { maxLength: 3 })),
  }),
}));

interface Expected {
  readonly branch: string | undefined;
  readonly kind: "text" | "exec";
  readonly text: string;
  readonly void: boolean;
}

/** A branch's events in its own order; a `rewind` is written as the number of its events that it makes void. */
function script(of: Branch, name: string, expected: Expected[]): (Draft | { readonly rewind: number })[] {
  const events: (Draft | { readonly rewind: number })[] = [];
  of.attempts.forEach(({ turns, cut }, index) => {
    const isVoid = index < of.attempts.length - 1;
    const before = events.length;
    turns.forEach(({ source, kind, pieces }, turn) => {
      const isCut = isVoid && cut !== undefined && turn === turns.length - 1;
      const written = isCut ? pieces.slice(0, cut) : pieces;
      const at = { source, branch: name };
      if (kind === "exec") events.push({ ...at, type: "exec-start", data: { language: "python", code: "" } });
      else events.push({ ...at, type: "text-start", data: {} });
      for (const text of written) {
        events.push({ ...at, type: kind === "exec" ? "exec-stdout" : "text-delta", data: { text, offset: 0 } });
      }
      if (!isCut) events.push({ ...at, type: kind === "exec" ? "exec-end" : "text-end", data: ended });
      if (kind === "exec" || written.length > 0)
        expected.push({ branch: name, kind, text: written.join(""), void: isVoid });
    });
    if (isVoid) events.push({ rewind: events.length - before });
  });
  return events;
}

const ended = { status: "exited", exitCode: 0, signal: null, stateLost: false, wallMs: 1, cpuMs: 1, peakBytes: 1 };

function scripts(of: Branch, name: string, expected: Expected[]): ReturnType<typeof script>[] {
  return [
    script(of, name, expected),
    ...of.inner.flatMap((each, index) => scripts(each, `${name}.${index}`, expected)),
  ];
}

/** All branches at once, in an order that `pick` decides. Inner branches are not within what an outer one rewinds. */
function interleave(branches: readonly Branch[], pick: () => number): { events: RunEvent[]; expected: Expected[] } {
  const expected: Expected[] = [];
  const waiting = branches.flatMap((each, index) => scripts(each, String(index), expected));
  const seqs = waiting.map<number[]>(() => []);
  const events: RunEvent[] = [];
  for (let left = waiting.flat().length; left > 0; left -= 1) {
    const open = waiting.flatMap((each, index) => (each.length > 0 ? [index] : []));
    const index = open[pick() % open.length] ?? 0;
    const next = waiting[index]?.shift();
    const seq = events.length + 1;
    const at = { run: "r", seq, time };
    if (next === undefined) continue;
    if ("rewind" in next) {
      const name = nameOf(index, branches);
      const from = seqs[index]?.at(-next.rewind) ?? seq;
      events.push({ ...at, source: "core", branch: name, type: "rewind", data: { from, reason: "" } } as RunEvent);
    } else events.push({ ...at, ...next } as RunEvent);
    seqs[index]?.push(seq);
  }
  return { events, expected };
}

function nameOf(index: number, branches: readonly Branch[]): string {
  const names = branches.flatMap((each, at) => namesOf(each, String(at)));
  return names[index] ?? "";
}

function namesOf(of: Branch, name: string): string[] {
  return [name, ...of.inner.flatMap((each, index) => namesOf(each, `${name}.${index}`))];
}

const printed = ({ record: output }: RunProgram) =>
  [...output.head.lines].map((line) => line.map(({ text }) => text).join("")).join("\n");

/** A last line that was ended and one that was not look the same once drawn. */
const drawn = (text: string) => text.replace(/\n$/, "");

function seen(block: RunPart): Expected[] {
  const { branch: of } = block;
  const isVoid = block.void ?? false;
  if (block.kind === "text") return [{ branch: of, kind: "text", text: block.text, void: isVoid }];
  if (block.kind === "program") return [{ branch: of, kind: "exec", text: printed(block), void: isVoid }];
  return [];
}

const bySeq = (a: RunPart, b: RunPart) => a.seq - b.seq;
const isDrawn = (block: RunPart) => block.kind !== "note" || !/^branch-/.test(block.event.type);

function blocksIn(nodes: readonly TranscriptNode<ProgramOutput>[]): RunPart[] {
  return nodes.flatMap((node) =>
    node.kind === "part" ? [node.part] : node.lanes.flatMap((lane) => blocksIn(lane.nodes)),
  );
}

describe("the reader of a run", () => {
  it("should show every stream once, under its branch, whatever other branches do", () => {
    fc.assert(
      fc.property(
        fc.array(branch, { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.nat(1_000)),
        (branches, picks) => {
          const { events, expected } = interleave(withoutInnerRewinds(branches), () => picks.next().value ?? 0);
          const model = new RunModel();
          for (const event of events) model.push(event);
          for (const { branch: name } of expected) {
            const own = (all: readonly Expected[]) => all.filter((each) => each.branch === name);
            expect(own(model.transcript.parts.flatMap(seen))).toEqual(
              own(expected).map((each) => (each.kind === "exec" ? { ...each, text: drawn(each.text) } : each)),
            );
          }
          expect(blocksIn(model.transcript.root.nodes).toSorted(bySeq)).toEqual(
            model.transcript.parts.filter(isDrawn).toSorted(bySeq),
          );
          const running = model.programs.filter(({ end, void: isVoid }) => end === undefined && !isVoid);
          expect(running).toEqual([]);
        },
      ),
      { numRuns: 1_000, seed: 20261128 },
    );
  });

  it("should void what runs inside of a rewound branch, and nothing beside it", () => {
    const model = new RunModel();
    const push = (seq: number, source: string, name: string | undefined, type: string, data: object) =>
      model.push({
        run: "r",
        seq,
        time,
        source,
        type,
        data,
        ...(name === undefined ? {} : { branch: name }),
      } as RunEvent);
    const start = { language: "python", code: "" };
    push(1, "box", "0.1", "exec-start", start);
    push(2, "box", "1", "exec-start", start);
    push(3, "core", "0", "rewind", { from: 1, reason: "" });
    push(4, "box", "1", "exec-stdout", { text: "still here\n", offset: 0 });
    push(5, "box", "1", "exec-end", ended);
    expect(model.programs.map(({ branch: of, void: isVoid, end }) => [of, isVoid ?? false, end?.status])).toEqual([
      ["0.1", true, undefined],
      ["1", false, "exited"],
    ]);
    expect(model.programs.map(printed)).toEqual(["", "still here"]);
  });
});

const time = new Date(0).toISOString();

function modelOf(
  events: readonly (readonly [source: string, branch: string | undefined, type: string, data: object])[],
) {
  const model = new RunModel();
  events.forEach(([source, of, type, data], index) => {
    model.push({ run: "r", seq: index + 1, time, source, type, data, ...(of ? { branch: of } : {}) } as RunEvent);
  });
  return model;
}

describe("lanes", () => {
  const shape = (nodes: readonly TranscriptNode<ProgramOutput>[]): unknown =>
    nodes.map((node) => (node.kind === "part" ? node.part.seq : Object.fromEntries(node.lanes.map(named))));
  const named = ({ label, status, nodes }: Lane<ProgramOutput>) => [`${label} ${status}`, shape(nodes)];

  it("should lie beside each other, inside of their own branch, and anew in the next round of a loop", () => {
    const model = modelOf([
      ["core", undefined, "run-start", { flow: "best", session: "s", input: { text: "?" } }],
      ["core", "0", "branch-start", { label: "gpt" }],
      ["core", "1", "branch-start", { label: "claude" }],
      ["core", "1.0", "branch-start", { label: "inner" }],
      ["box", "1.0", "text-delta", { text: "a" }],
      ["gpt", "0", "text-delta", { text: "b" }],
      ["core", "1.0", "branch-end", { status: "ok" }],
      ["core", "0", "branch-end", { status: "won" }],
      ["core", "1", "branch-end", { status: "cancelled" }],
      ["core", "0", "branch-start", { label: "gpt" }],
      ["gpt", "0", "text-delta", { text: "c" }],
    ]);
    expect(shape(model.transcript.root.nodes)).toEqual([
      1,
      { "gpt won": [6], "claude cancelled": [{ "inner ok": [5] }] },
      { "gpt running": [11] },
    ]);
  });
});

describe("why a run failed", () => {
  const end = (status: string) => ({ status, usage: { inputTokens: 0, outputTokens: 0 }, cost: { amount: null } });
  const exec = (over: object) =>
    [
      ["box", undefined, "exec-start", { language: "python", code: "1/0" }],
      ["box", undefined, "exec-end", { ...ended, ...over }],
    ] as const;

  it.each([
    [
      "an error of the program, with its line",
      exec({ exitCode: 1, error: { name: "ZeroDivisionError", message: "division by zero", line: 2 } }),
      { kind: "program", end: { error: { line: 2 } } },
    ],
    [
      "a limit, with the option that sets it",
      exec({ status: "oom", exitCode: null, peakBytes: 1048576 }),
      { kind: "program", source: "box", option: "memory" },
    ],
    [
      "an error of the host, with its cure",
      [["gpt", undefined, "error", { code: "SLUICE_MODEL_AUTH", message: "the key is refused", cure: "Set another." }]],
      { kind: "error", error: { code: "SLUICE_MODEL_AUTH", cure: "Set another." } },
    ],
  ] as const)("should be %s", (_name, events, failure) => {
    expect(failureOf(modelOf([...events, ["core", undefined, "run-end", end("failed")]]))).toMatchObject(failure);
  });

  const slip = exec({ exitCode: 1, error: { name: "NameError", message: "x", line: 1 } });
  const over = { code: "SLUICE_RUN_BUDGET", message: "it is used up", cure: "Raise the budget." };

  it.each([
    ["its time", "timeout", "the run took longer than 5 ms", [], { kind: "end", status: "timeout" }],
    ["its host", "lost", "The host ended while the run was under way.", [], { kind: "end", status: "lost" }],
    ["its budget", "budget", over.message, [["core", undefined, "error", over]], { kind: "error", error: over }],
    [
      "its sandbox",
      "lost",
      "gone",
      exec({ status: "lost", exitCode: null }),
      { kind: "program", end: { status: "lost" } },
    ],
    ["a program's time", "timeout", "", exec({ status: "timeout", exitCode: null }), { option: "timeout" }],
  ] as const)("should be the end of %s, whatever had failed before", (_name, status, reason, events, failure) => {
    const last = ["core", undefined, "run-end", { ...end(status), reason }] as const;
    expect(failureOf(modelOf([...slip, ...events, last]))).toMatchObject(failure);
  });

  it("should be nothing for a run that came through, or was cancelled", () => {
    const failed = exec({ exitCode: 1 });
    expect(failureOf(modelOf([...failed, ["core", undefined, "run-end", end("ok")]]))).toBeUndefined();
    expect(failureOf(modelOf([...failed, ["core", undefined, "run-end", end("cancelled")]]))).toBeUndefined();
  });
});

/** An outer branch that is rewound while an inner one speaks would make that void as well: told by the second test. */
function withoutInnerRewinds(branches: readonly Branch[]): Branch[] {
  return branches.map((each) => ({
    attempts: each.inner.length > 0 ? each.attempts.slice(-1) : each.attempts,
    inner: withoutInnerRewinds(each.inner),
  }));
}
