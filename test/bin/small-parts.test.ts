import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { History } from "../../bin/chat/history.ts";
import { MultiLine } from "../../bin/chat/multi-line.ts";
import { OwnStdin } from "../../bin/execution/own-stdin.ts";
import { readProgram } from "../../bin/execution/program.ts";
import { milliseconds } from "../../bin/flags.ts";
import { wantsJson } from "../../bin/output/failure.ts";
import { bytes, duration } from "../../bin/output/style.ts";
import { table } from "../../bin/output/table.ts";
import { eventsOf, fakeRun } from "./fake-run.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("readProgram", () => {
  it.each([
    ["a.py", "", "python"],
    ["a.js", "", "javascript"],
    ["a.sh", "", "bash"],
    ["tool", "#!/usr/bin/env python3\n", "python"],
    ["tool", "#!/bin/sh\n", "bash"],
    ["tool", "#!/usr/bin/env -S node --no-warnings\n", "javascript"],
    ["a.mts", "", "typescript"],
    ["A.IPYNB", "", "notebook"],
  ])("should know the language of %s with %j", async (name, code, language) => {
    writeFileSync(join(folder, name), code);
    const input = { code, language, file: name };
    expect(await readProgram({ file: join(folder, name) })).toEqual({ input, stdinUsed: false });
  });

  it("should refuse a file that nobody knows, and name what is known", async () => {
    writeFileSync(join(folder, "a.txt"), "print(1)");
    const refused = readProgram({ file: join(folder, "a.txt") });
    await expect(refused).rejects.toMatchObject({ code: "SLUICE_USAGE", cure: expect.stringContaining(".py .ipynb") });
  });

  it("should hand on the arguments, and the file's name to a program alone", async () => {
    writeFileSync(join(folder, "a.py"), "x");
    const file = join(folder, "a.py");
    const args = ["--flag", "two words", ""];
    expect((await readProgram({ file, args })).input).toMatchObject({ file: "a.py", args });
    expect((await readProgram({ file, cell: true })).input).not.toHaveProperty("file");
  });

  it("should send the bytes of a program in another encoding", async () => {
    const content = Buffer.from("# -*- coding: latin-1 -*-\nprint('\xe9')\n", "latin1");
    writeFileSync(join(folder, "a.py"), content);
    const { input } = await readProgram({ file: join(folder, "a.py") });
    expect(input).toMatchObject({ file: "a.py", files: [{ path: "a.py", content }] });
  });

  it("should let -l decide", async () => {
    writeFileSync(join(folder, "a.py"), "x");
    expect((await readProgram({ file: join(folder, "a.py"), language: "ruby" })).input.language).toBe("ruby");
  });

  it("should refuse code given twice, a file that is not there, and one that is no text", async () => {
    const usage = expect.objectContaining({ code: "SLUICE_USAGE" });
    await expect(readProgram({ inline: "1", file: "a.py" })).rejects.toEqual(usage);
    await expect(readProgram({ file: join(folder, "gone.py") })).rejects.toThrow(/no such file/);
    writeFileSync(join(folder, "b.py"), Buffer.from([0xff, 0xfe]));
    await expect(readProgram({ file: join(folder, "b.py"), cell: true })).rejects.toThrow(/not UTF-8/);
  });

  it("should take empty code for what it is", async () => {
    expect((await readProgram({ inline: "" })).input.code).toBe("");
  });
});

describe("OwnStdin", () => {
  const request = eventsOf(["input-request", { prompt: "? " }])[0] as never;

  it("should answer with one line for each request, then with the end of file", async () => {
    const stdin = new PassThrough();
    stdin.end("first\nsecond without newline");
    using answers = new OwnStdin(stdin as never);
    const run = fakeRun([]);
    for (let count = 0; count < 3; count += 1) await answers.answer(request, run);
    expect(run.answers).toEqual([
      { kind: "stdin", text: "first", question: 1 },
      { kind: "stdin", text: "second without newline", question: 1 },
      { kind: "stdin", text: null, question: 1 },
    ]);
  });

  it("should give a program what the answers left, byte for byte", async () => {
    const stdin = new PassThrough();
    using answers = new OwnStdin(stdin as never);
    stdin.write("y\n\xff rest");
    expect(await answers.line()).toBe("y");
    stdin.end(Buffer.alloc(200_000, 7));
    const chunks: Uint8Array[] = [];
    for await (const chunk of answers.bytes()) chunks.push(chunk);
    const all = Buffer.concat(chunks);
    expect(all.equals(Buffer.concat([Buffer.from("\xff rest"), Buffer.alloc(200_000, 7)]))).toBe(true);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024);
  });

  it("should not touch stdin before the first request", () => {
    const stdin = new PassThrough();
    new OwnStdin(stdin as never)[Symbol.dispose]();
    expect(stdin.listenerCount("data") + stdin.listenerCount("readable")).toBe(0);
  });
});

describe("MultiLine", () => {
  it("should go on after a backslash and between triple quotes", () => {
    const message = new MultiLine();
    expect(message.push("one\\")).toBeUndefined();
    expect(message.push("two")).toBe("one\ntwo");
    expect(message.push('"""')).toBeUndefined();
    expect(message.push("a\\")).toBeUndefined();
    expect(message.push("")).toBeUndefined();
    expect(message.push('"""')).toBe("a\\\n");
    expect(message.open).toBe(false);
  });
});

describe("History", () => {
  it("should keep messages of several lines, newest first, and bear a broken line", () => {
    const file = join(folder, "deep", "history");
    const history = new History(file);
    expect(history.read()).toEqual([]);
    history.append("one\ntwo");
    writeFileSync(file, "{broken\n", { flag: "a" });
    history.append("three");
    expect(history.read()).toEqual(["three", "one\ntwo"]);
  });
});

describe("words for people", () => {
  it("should show sizes and times as people write them", () => {
    expect([0, 999, 1500, 123_456_789].map(bytes)).toEqual(["0 B", "999 B", "1.5 kB", "123 MB"]);
    expect([0, 250, 1500, 30_000, 90_000, 7_200_000].map(duration)).toEqual([
      "<1ms",
      "250ms",
      "1.5s",
      "30s",
      "1m 30s",
      "2h",
    ]);
  });

  it("should align columns by what is seen, and obey nothing in them", () => {
    expect(
      table(
        ["A", "B"],
        [
          ["lo\u001bng", "x"],
          ["y", ""],
        ],
      ),
    ).toBe("A         B\nlo\\x1bng  x\ny\n");
  });

  it("should read durations with the one parser, and say what is wrong with others", () => {
    expect(milliseconds("timeout", "2s")).toBe(2000);
    expect(milliseconds("timeout", undefined)).toBeUndefined();
    for (const wrong of ["5", "abc", "0s", "-1s"]) {
      expect(() => milliseconds("timeout", wrong)).toThrow(expect.objectContaining({ code: "SLUICE_USAGE" }));
    }
  });

  it("should look for --json before -- only", () => {
    expect(wantsJson(["run", "--json"])).toBe(true);
    expect(wantsJson(["run", "--", "--json"])).toBe(false);
  });
});
