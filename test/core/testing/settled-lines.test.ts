import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/index.ts";
import { linesAsText, settledLines } from "../../../core/testing/profile/settled-lines.ts";

type Draft = Pick<RunEvent, "source" | "type" | "branch"> & { readonly data: object };

const numbered = (drafts: readonly Draft[]): RunEvent[] =>
  drafts.map(
    (draft, at) => ({ ...draft, run: `r${Math.random()}`, seq: at + 1, time: new Date().toISOString() }) as RunEvent,
  );
const text = (drafts: readonly Draft[]) => linesAsText(settledLines(numbered(drafts)));
const delta = (source: string, value: string, branch?: string): Draft => ({
  ...{ source, type: "text-delta", data: { text: value } },
  ...(branch === undefined ? {} : { branch }),
});
const pieces = (value: string, cuts: readonly number[]): string[] => {
  const places = [0, ...cuts.map((cut) => cut % (value.length + 1)).sort((a, b) => a - b), value.length];
  return places.slice(1).map((end, index) => value.slice(places[index], end));
};

describe("the lines of a snapshot", () => {
  it("should be the same however a text is cut into pieces", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.array(fc.nat()), (value, cuts) => {
        const parts = pieces(value, cuts).map((part) => delta("gpt", part));
        expect(text(parts)).toBe(text([delta("gpt", value)]));
      }),
    );
  });

  it("should be the same however branches, and both streams of a program, come in between each other", () => {
    const branch = (path: string): Draft[] => [
      { source: "core", type: "branch-start", branch: path, data: { label: path } },
      { source: "box", type: "exec-start", branch: path, data: { language: "python", code: "x", container: path } },
      { source: "box", type: "exec-end", branch: path, data: { status: "exited", exitCode: 0, wallMs: 1 } },
      { source: "core", type: "branch-end", branch: path, data: { status: "ok" } },
    ];
    const printed = (path: string, stream: "exec-stdout" | "exec-stderr"): Draft[] =>
      ["a", "b", "c"].map((value) => ({ source: "box", type: stream, branch: path, data: { text: value, offset: 0 } }));
    const whole = (path: string, order: readonly boolean[]): Draft[] => {
      const [out, error] = [printed(path, "exec-stdout"), printed(path, "exec-stderr")];
      const mixed = order.flatMap((first) => (first ? out.shift() : error.shift()) ?? []);
      const [begin, start, ...rest] = branch(path) as [Draft, Draft, ...Draft[]];
      return [begin, start, ...mixed, ...out, ...error, ...rest];
    };
    const expected = text([...whole("0", []), ...whole("1", [])]);
    expect(expected).toContain(
      '[0] box.exec-stdout {"text":"abc"}\n[0] box.exec-stderr {"text":"abc"}\n[0] box.exec-end',
    );
    fc.assert(
      fc.property(fc.array(fc.boolean()), fc.array(fc.boolean()), fc.array(fc.boolean()), (zero, one, order) => {
        const [left, right] = [whole("0", zero), whole("1", one)];
        const mixed = order.flatMap((first) => (first ? left.shift() : right.shift()) ?? []);
        expect(text([...mixed, ...left, ...right])).toBe(expected);
      }),
    );
  });

  it("should leave out what a loser said, and what differs from run to run", () => {
    const lines = text([
      { source: "core", type: "run-start", data: { flow: "f", session: "s1", owner: "o", input: { text: "hi" } } },
      { source: "core", type: "branch-start", branch: "0", data: { label: "a" } },
      delta("a", "lost", "0"),
      delta("a", "lost within", "0.1"),
      { source: "core", type: "branch-end", branch: "0", data: { status: "lost" } },
      delta("b", "x".repeat(5_000)),
    ]);
    expect(lines).toMatch(
      /^core\.run-start \{"flow":"f","input":\{"text":"hi"\}\}\nb\.text-delta \{"text":"sha256:[0-9a-f]{64} \(5000 characters\)"\}\n$/,
    );
  });
});
