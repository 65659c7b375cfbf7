import { describe, expect, it } from "vitest";
import { codeBlockOf, knownEndings, languageOfFile } from "../../../core/flow/program-input.ts";
import { RunStdin } from "../../../core/run/stdin.ts";
import { FakeModel } from "../../../core/testing/fake-model.ts";
import { FakeSandbox } from "../../../core/testing/fake-sandbox.ts";
import { endOf, flowsOver, model, pipeOf, sandbox } from "./flow-kit.ts";

const over = (box: FakeSandbox) => flowsOver({ sandboxes: { box } }, { run: sandbox("box") });

async function textOf(source: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  if (source === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe("the language of a file", () => {
  it.each([
    ["a.py", "python"],
    ["A.PY", "python"],
    ["src/x.test.mts", "typescript"],
    ["b.ipynb", "notebook"],
    [".py", undefined],
    ["py", undefined],
    ["a.txt", undefined],
    ["a.", undefined],
    ["a.constructor", undefined],
    ["a.py/b", undefined],
  ])("should be told by the end of %s", (name, language) => {
    expect(languageOfFile(name)).toBe(language);
  });

  it("should be named, known, or refused with what is known", () => {
    expect(codeBlockOf({ code: "" }).language).toBe("python");
    expect(codeBlockOf({ code: "", file: "a.txt", language: "perl" }).language).toBe("perl");
    const refused = expect.objectContaining({
      code: "SLUICE_USAGE",
      cure: expect.stringContaining(knownEndings[0] ?? ""),
    });
    expect(() => codeBlockOf({ code: "", file: "a.txt" })).toThrow(refused);
    expect(() => codeBlockOf({ code: "", args: ["a\0"] })).toThrow(/NUL/);
  });
});

describe("a program of the input", () => {
  it("should have its file, arguments and standard input", async () => {
    const box = new FakeSandbox(() => ({ hang: true }));
    const input = { code: "x", file: "a.py", args: ["1", ""], stdin: "said" };
    const run = over(box).runs.open({ input, interactive: true });
    await expect.poll(() => box.sessions[0]?.asked.length).toBe(1);
    const [asked] = box.sessions[0]?.asked ?? [];
    expect(asked).toMatchObject({ language: "python", file: "a.py", args: ["1", ""], interactive: true });
    expect(await textOf(asked?.stdin)).toBe("said");
    run.cancel();
    await run.done;
  });

  it.each([
    [{ args: ["a"] }, "arguments"],
    [{ env: { A: "1" } }, "environment variables"],
    [{ args: ["a"], env: { A: "1" } }, "arguments and no environment variables"],
  ])("should be refused with %j where the flow runs no code", async (given, words) => {
    const flows = flowsOver({ models: { m: new FakeModel([]) } }, { run: model("m") });
    expect(endOf(await flows.collect({ input: { code: "x", ...given } }))).toMatchObject({
      status: "failed",
      reason: `the flow run runs no code, so it takes no ${words}`,
    });
  });

  it("should keep what it was asked with in the journal, but for its standard input", async () => {
    const input = { code: "x", file: "a.py", args: ["1"], stdin: "a secret" };
    const [start] = await over(new FakeSandbox()).collect({ input });
    expect(start?.data).toMatchObject({ input: { code: "x", file: "a.py", args: ["1"] } });
    expect(JSON.stringify(start)).not.toContain("secret");
  });

  it.each([
    [{ code: "x", args: ["1"] }, /has no arguments/],
    [{ code: "x", language: "typescript" }, /TypeScript/],
  ])("should be refused as a cell: %j", async (input, message) => {
    const box = new FakeSandbox();
    expect(endOf(await over(box).collect({ input, session: "s" }))).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(message),
    });
    expect(box.sessions).toEqual([]);
  });

  it("should be a notebook's cells in order, up to the first that fails", async () => {
    const box = new FakeSandbox((code) => (code === "fails" ? { exitCode: 1 } : undefined));
    const cells = [
      { cell_type: "markdown", source: "# title" },
      { cell_type: "code", source: ["a = 1\n", "a"] },
      { cell_type: "code", source: "  " },
      { cell_type: "code", source: "skipped", metadata: { tags: ["skip-execution"] } },
      { cell_type: "code", source: "fails" },
      { cell_type: "code", source: "never" },
    ];
    const code = JSON.stringify({ cells, metadata: { language_info: { name: "python" } }, nbformat: 4 });
    const events = await over(box).collect({ input: { code, file: "b.ipynb" } });
    expect(endOf(events)).toMatchObject({ status: "failed", exitCode: 1 });
    expect(box.sessions[0]?.executed).toEqual(["a = 1\na", "fails"]);
    expect(box.sessions[0]?.asked.map(({ cell, language }) => [cell, language])).toEqual([
      [true, "python"],
      [true, "python"],
    ]);
  });

  it("should go on after a cell that its notebook lets fail, and end well where that is the last", async () => {
    const box = new FakeSandbox((code) => (code.startsWith("fails") ? { exitCode: 1 } : undefined));
    const tagged = (source: string) => ({ cell_type: "code", source, metadata: { tags: ["raises-exception"] } });
    const cells = [tagged("fails"), { cell_type: "code", source: "a" }, tagged("passes"), tagged("fails last")];
    const events = await over(box).collect({ input: { code: JSON.stringify({ cells }), language: "notebook" } });
    expect(box.sessions[0]?.executed).toEqual(["fails", "a", "passes", "fails last"]);
    const ends = events.flatMap(({ type, data }) => (type === "exec-end" ? [data] : []));
    expect(ends.map(({ exitCode, excused }) => [exitCode, excused])).toEqual([
      [1, true],
      [0, undefined],
      [0, undefined],
      [1, true],
    ]);
    expect(endOf(events)).toMatchObject({ status: "ok", exitCode: 0 });
  });

  it("should be one program where no interpreter keeps the state of a notebook's cells", async () => {
    const box = new FakeSandbox();
    const cells = ["const a: number = 4", "console.log(a)"].map((source) => ({ cell_type: "code", source }));
    const code = JSON.stringify({ cells, metadata: { language_info: { name: "typescript" } } });
    await over(box).collect({ input: { code, language: "notebook" } });
    expect(box.sessions[0]?.executed).toEqual(["const a: number = 4\nconsole.log(a)"]);
  });

  it("should end at a cell that may fail and takes its interpreter along", async () => {
    const box = new FakeSandbox((code) => (code === "ends" ? { signal: "SIGSEGV" } : undefined));
    const cells = [
      { cell_type: "code", source: "ends", metadata: { tags: ["raises-exception"] } },
      { cell_type: "code", source: "never" },
    ];
    await over(box).collect({ input: { code: JSON.stringify({ cells }), language: "notebook" } });
    expect(box.sessions[0]?.executed).toEqual(["ends"]);
  });

  it("should be read with the numbers that only Python writes", async () => {
    const box = new FakeSandbox();
    const code = String.raw`{"metadata":{"x":NaN},"cells":[{"cell_type":"code","source":"[NaN, \"-Infinity\"]","outputs":[{"v":[-Infinity,Infinity]}]}]}`;
    await over(box).collect({ input: { code, language: "notebook" } });
    expect(box.sessions[0]?.executed).toEqual(['[NaN, "-Infinity"]']);
  });

  it.each(["", "[]", "{}", '{"cells": 1}'])("should be refused as a notebook that is none: %s", async (code) => {
    const end = endOf(await over(new FakeSandbox()).collect({ input: { code, language: "notebook" } }));
    expect(end).toMatchObject({ status: "failed" });
  });
});

describe("the blocks of an answer", () => {
  it("should stop at the first that fails, and have no standard input", async () => {
    const box = new FakeSandbox((code) => (code.includes("fails") ? { exitCode: 1 } : undefined));
    const answer = "```python\n1\n```\n```bash\nfails\n```\n```python\nnever\n```\n";
    const talker = new FakeModel([answer]);
    const { collect } = flowsOver(
      { models: { talker }, sandboxes: { box } },
      { chat: pipeOf(model("talker"), sandbox("box")) },
    );
    await collect({ flow: "chat", input: { text: "Go" } });
    expect(box.sessions[0]?.executed.map((code) => code.trim())).toEqual(["1", "fails"]);
    expect(box.sessions[0]?.asked.every(({ stdin }) => stdin === undefined)).toBe(true);
  });
});

describe("a standard input with several readers", () => {
  async function* source(count: number): AsyncIterable<Uint8Array> {
    for (let turn = 0; turn < count; turn += 1) yield Buffer.alloc(100_000, 97 + turn);
  }

  it("should give each branch the whole of it", async () => {
    const stdin = new RunStdin(source(8));
    const [one, two] = await Promise.all([textOf(stdin.open()), textOf(stdin.open())]);
    expect(one?.length).toBe(800_000);
    expect(two).toBe(one);
    expect(await textOf(stdin.open())).toBe(one);
  });

  it("should refuse a reader that comes when the beginning is gone", async () => {
    const stdin = new RunStdin(source(11));
    await textOf(stdin.open());
    expect(() => stdin.open()).toThrow(expect.objectContaining({ code: "SLUICE_USAGE" }));
  });
});
