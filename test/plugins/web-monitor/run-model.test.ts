import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/client/index.ts";
import { type AnyBlock, type ExecBlock, RunModel } from "../../../plugins/web-monitor/page/lib/run-model.ts";

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
  const time = new Date(0).toISOString();
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

const printed = ({ output }: ExecBlock) =>
  [...output.head.lines].map((line) => line.map(({ text }) => text).join("")).join("\n");

/** A last line that was ended and one that was not look the same once drawn. */
const drawn = (text: string) => text.replace(/\n$/, "");

function seen(block: AnyBlock): Expected[] {
  const { branch: of } = block;
  const isVoid = block.void ?? false;
  if (block.kind === "text") return [{ branch: of, kind: "text", text: block.text, void: isVoid }];
  if (block.kind === "exec") return [{ branch: of, kind: "exec", text: printed(block), void: isVoid }];
  return [];
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
            expect(own(model.blocks.flatMap(seen))).toEqual(
              own(expected).map((each) => (each.kind === "exec" ? { ...each, text: drawn(each.text) } : each)),
            );
          }
          const running = model.executions.filter(({ end, void: isVoid }) => end === undefined && !isVoid);
          expect(running).toEqual([]);
        },
      ),
      { numRuns: 1_000, seed: 20261128 },
    );
  });

  it("should void what runs inside of a rewound branch, and nothing beside it", () => {
    const model = new RunModel();
    const time = new Date(0).toISOString();
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
    expect(model.executions.map(({ branch: of, void: isVoid, end }) => [of, isVoid ?? false, end?.status])).toEqual([
      ["0.1", true, undefined],
      ["1", false, "exited"],
    ]);
    expect(model.executions.map(printed)).toEqual(["", "still here"]);
  });
});

/** An outer branch that is rewound while an inner one speaks would make that void as well: told by the second test. */
function withoutInnerRewinds(branches: readonly Branch[]): Branch[] {
  return branches.map((each) => ({
    attempts: each.inner.length > 0 ? each.attempts.slice(-1) : each.attempts,
    inner: withoutInnerRewinds(each.inner),
  }));
}
