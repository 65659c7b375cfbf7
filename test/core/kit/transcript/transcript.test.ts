import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../../core/contract/event.ts";
import {
  BranchesInTurn,
  isWithin,
  type Lane,
  type Part,
  SettledEvents,
  settledParts,
  staysAfter,
  Transcript,
  type TranscriptEvent,
  type WholeRecord,
} from "../../../../core/kit/transcript/index.ts";
import { journalOf, picksFrom, randomFlow } from "./random-runs.ts";

/** What every stream of a run says, by source, branch and kind; `-void` where a rewind took it back. */
type Streams = Map<string, string>;

function add(streams: Streams, at: Pick<RunEvent, "source" | "branch">, kind: string, text: string): void {
  if (text === "") return;
  const key = `${at.source} ${at.branch ?? "-"} ${kind}`;
  streams.set(key, (streams.get(key) ?? "") + text);
}

const bytesOf = (data: { readonly text?: string; readonly base64?: string }) => data.text ?? `<${data.base64}>`;

function pieceOf(event: RunEvent): readonly [kind: string, text: string] | undefined {
  switch (event.type) {
    case "text-delta":
      return ["text", event.data.text];
    case "reasoning-delta":
      return ["reasoning", event.data.text];
    case "code-delta":
      return ["code", event.data.text];
    case "exec-stdout":
    case "exec-stderr":
      return [event.type.slice(5), bytesOf(event.data)];
    default:
      return undefined;
  }
}

/** Read from the journal itself, event by event. */
function journaled(events: readonly RunEvent[]): Streams {
  const streams: Streams = new Map();
  for (const event of events) {
    const piece = pieceOf(event);
    if (piece === undefined) continue;
    const isVoid = events.some(
      (each) =>
        each.type === "rewind" &&
        each.seq > event.seq &&
        each.data.from <= event.seq &&
        isWithin(event.branch, each.branch),
    );
    add(streams, event, isVoid ? `${piece[0]}-void` : piece[0], piece[1]);
  }
  return streams;
}

function told(parts: readonly Part[]): Streams {
  const streams: Streams = new Map();
  for (const part of parts) {
    const suffix = part.void ? "-void" : "";
    if (part.kind === "text" || part.kind === "code" || part.kind === "reasoning")
      add(streams, part, part.kind + suffix, part.text);
    if (part.kind !== "program") continue;
    for (const piece of (part.record as WholeRecord).pieces)
      if (piece.kind !== "value") add(streams, part, piece.kind + suffix, bytesOf(piece.data));
  }
  return streams;
}

function partsOf(lane: Lane): Part[] {
  return lane.nodes.flatMap((node) => (node.kind === "part" ? [node.part] : node.lanes.flatMap(partsOf)));
}

const isBranch = (part: Part) => part.kind === "note" && /^branch-/.test(part.event.type);
const bySeq = (one: { readonly seq: number }, other: { readonly seq: number }) => one.seq - other.seq;

describe("the transcript of a run", () => {
  it("should have every byte of every stream once, under its branch, for random nested flows", async () => {
    const seen = { rewinds: 0, losers: 0, nested: 0, cut: 0 };
    await fc.assert(
      fc.asyncProperty(randomFlow, fc.nat(), async (flow, seed) => {
        const events = await journalOf(flow, picksFrom(seed));
        const transcript = new Transcript();
        for (const event of events) transcript.push(event);

        expect(told(transcript.parts)).toEqual(journaled(events));
        expect(partsOf(transcript.root).toSorted(bySeq)).toEqual(transcript.parts.filter((part) => !isBranch(part)));
        expect(transcript.parts.filter(({ open }) => open)).toEqual([]);

        // A reader that cannot take anything back comes to the same answer.
        const settling = new SettledEvents<RunEvent>();
        let passed: RunEvent[] = [];
        for (const event of events) {
          for (const settled of settling.read(event)) {
            if (settled.type === "rewind") passed = passed.filter(staysAfter({ ...settled, from: settled.data.from }));
            else passed.push(settled);
          }
        }
        const settled = settledParts(transcript.root).flatMap((part) => ("kind" in part ? [part] : []));
        expect(journaled(passed.toSorted(bySeq))).toEqual(told(settled));

        // One that watches sees all of it, each branch in its order.
        const turns = new BranchesInTurn<RunEvent>();
        const watched = events.flatMap((event) => turns.read(event));
        expect(watched.toSorted(bySeq)).toEqual(events);
        for (const path of new Set(events.map(({ branch }) => branch))) {
          const own = watched.filter(({ branch }) => branch === path);
          expect(own).toEqual(own.toSorted(bySeq));
        }

        seen.rewinds += events.some(({ type }) => type === "rewind") ? 1 : 0;
        seen.losers += events.some((event) => event.type === "branch-end" && event.data.status === "cancelled") ? 1 : 0;
        seen.nested += events.some(({ branch }) => branch?.includes(".")) ? 1 : 0;
        seen.cut += events.some((event) => event.type === "run-end" && event.data.status === "cancelled") ? 1 : 0;
      }),
      { numRuns: 1_000, seed: 20261128 },
    );
    // A property over runs in which nothing happens would hold as well.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });

  const transcriptOf = (events: readonly (readonly [source: string, branch: string, type: string, data: object])[]) => {
    const transcript = new Transcript();
    for (const [index, [source, branch, type, data]] of events.entries()) {
      const at = { source, seq: index + 1, ...(branch === "" ? {} : { branch }) };
      transcript.push({ ...at, type, data } as TranscriptEvent);
    }
    return transcript;
  };
  const start = ["box", "", "exec-start", { language: "python", code: "" }] as const;
  const end = ["box", "", "exec-end", { status: "exited", exitCode: 0 }] as const;
  const shown = (text: string, more: object = {}, branch = "") =>
    ["box", branch, "exec-result", { data: { "text/plain": text }, ...more }] as const;
  const valuesOf = (transcript: Transcript) =>
    transcript.programs.map(({ record }) =>
      record.pieces.flatMap((piece) => (piece.kind === "value" ? [piece.value.data["text/plain"]] : [])),
    );

  it("should show an updated value in the place of the one it updates, also of a program before", () => {
    const bar = { displayId: "bar" };
    const first = [start, shown("0%", bar), shown("other"), shown("50%", { ...bar, update: true }), end];
    expect(valuesOf(transcriptOf(first))).toEqual([["50%", "other"]]);
    const second = [...first, start, shown("100%", { ...bar, update: true }), shown("new"), end];
    expect(valuesOf(transcriptOf(second))).toEqual([["100%", "other"], ["new"]]);
  });

  it("should show an update of nothing, and keep what has one name in two branches apart", () => {
    const update = { displayId: "bar", update: true };
    expect(valuesOf(transcriptOf([start, shown("lone", update), end]))).toEqual([["lone"]]);
    const inBranch = (branch: string) => [["box", branch, "exec-start", { language: "python", code: "" }]] as const;
    const both = [
      ...inBranch("0"),
      ...inBranch("1"),
      shown("zero", { displayId: "bar" }, "0"),
      shown("one", { displayId: "bar" }, "1"),
      shown("zero!", update, "0"),
    ];
    expect(valuesOf(transcriptOf(both))).toEqual([["zero!"], ["one"]]);
  });

  it("should keep output that comes without a beginning, and after an end", () => {
    const late = transcriptOf([
      ["box", "0", "exec-stdout", { text: "early", offset: 0 }],
      ["core", "0", "branch-end", { status: "ok" }],
      ["box", "0", "exec-stderr", { text: "late", offset: 5 }],
    ]);
    expect(told(late.parts)).toEqual(
      new Map([
        ["box 0 stdout", "early"],
        ["box 0 stderr", "late"],
      ]),
    );
  });

  it("should put code together around a thought, and let what began before a rewind go on", () => {
    const { parts } = transcriptOf([
      start,
      ["gpt", "", "code-start", { language: "python" }],
      ["gpt", "", "code-delta", { text: "a = " }],
      ["gpt", "", "reasoning-delta", { text: "hm" }],
      ["gpt", "", "code-delta", { text: "1" }],
      ["core", "", "rewind", { from: 2, reason: "again" }],
      ["box", "", "exec-stdout", { text: "still here", offset: 0 }],
    ]);
    expect(told(parts)).toEqual(
      new Map([
        ["box - stdout", "still here"],
        ["gpt - code-void", "a = 1"],
        ["gpt - reasoning-void", "hm"],
      ]),
    );
  });
});
