import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CollectedOptions, RunResult } from "../../bin/execution/collected.ts";
import { eventsOf, fakeRun } from "./fake-run.ts";

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

describe("Collected", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function collect(
    events: ReturnType<typeof eventsOf>,
    files: Record<string, string> = {},
    options: CollectedOptions = {},
  ) {
    const collected = new RunResult(join(folder, "out"), options);
    for (const event of events) collected.observe(event);
    return collected.save(fakeRun([], files));
  }
  const file = (path: string): ["exec-file", { path: string; size: number; mime: string }] => [
    "exec-file",
    { path, size: 1, mime: "text/plain" },
  ];

  it("should write files that the program made, in their folders", async () => {
    expect(await collect(eventsOf(file("a.txt"), file("deep/b.txt")), { "a.txt": "A", "deep/b.txt": "B" })).toEqual([]);
    expect(readFileSync(join(folder, "out/a.txt"), "utf8")).toBe("A");
    expect(readFileSync(join(folder, "out/deep/b.txt"), "utf8")).toBe("B");
  });

  it("should write a shown picture as the picture it is, and no second file for its text", async () => {
    const data = { "image/png": png.toString("base64"), "text/plain": "<Figure>" };
    await collect(eventsOf(["exec-result", { data }], ["exec-result", { data: { "text/plain": "42" } }]));
    expect(readFileSync(join(folder, "out/result-1.png")).equals(png)).toBe(true);
    expect(readFileSync(join(folder, "out/result-2.txt"), "utf8")).toBe("42");
    expect(readdirSync(join(folder, "out"))).toHaveLength(2);
  });

  it("should not write a result over a file of the program", async () => {
    const events = eventsOf(file("result-1.txt"), ["exec-result", { data: { "text/plain": "shown" } }]);
    await collect(events, { "result-1.txt": "made" });
    expect(readFileSync(join(folder, "out/result-1.txt"), "utf8")).toBe("made");
    expect(readFileSync(join(folder, "out/result-2.txt"), "utf8")).toBe("shown");
  });

  it.each(["../evil.txt", "/etc/evil.txt", "a/../../evil.txt"])("should refuse the path %s", async (path) => {
    const failed = await collect(eventsOf(file(path)), { [path]: "evil" });
    expect(failed).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(["out"]);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
  });

  it("should not follow a link out of the folder", async () => {
    await collect([]);
    symlinkSync(tmpdir(), join(folder, "out/link"));
    const failed = await collect(eventsOf(file("link/sluice-evil.txt")), { "link/sluice-evil.txt": "evil" });
    expect(failed.join()).toContain("link");
    expect(readdirSync(tmpdir())).not.toContain("sluice-evil.txt");
  });

  it.each([
    ".git/config",
    "sub/.git/HEAD",
    ".GIT/hooks/post-checkout",
    ".vscode/tasks.json",
    "deep/.ssh/authorized_keys",
    ".github/workflows/own.yml",
    ".mcp.json",
    "AGENTS.md",
    "conftest.py",
    "lib/sitecustomize.py",
    "evil.pth",
    "node_modules/fs-extra/index.js",
    "package.json",
    "GNUmakefile",
    "a.url",
    "a.ps1",
    // A repository without a folder of its own.
    "HEAD",
    "config",
  ])("should say that %s is one that programs obey", async (path) => {
    const lines = await collect(eventsOf(file(path)), { [path]: "x" });
    expect(lines).toEqual([expect.stringMatching(/(obey|obeys): look at it before you use it$/)]);
  });

  it.each(["data.json", "git/config.json", "head.csv", "src/main.py", "a.b/c.txt"])(
    "should say nothing of %s",
    async (path) => {
      expect(await collect(eventsOf(file(path)), { [path]: "x" })).toEqual([]);
    },
  );

  it("should name what could not be fetched and save the rest", async () => {
    const failed = await collect(eventsOf(file("gone.txt"), file("a.txt")), { "a.txt": "A" });
    expect(failed).toEqual(["gone.txt was not fetched: no gone.txt"]);
    expect(readFileSync(join(folder, "out/a.txt"), "utf8")).toBe("A");
  });

  it("should never write over what is there, and take a new name and say so", async () => {
    await collect(eventsOf(file("a.txt")), { "a.txt": "mine" });
    const lines = await collect(eventsOf(file("a.txt")), { "a.txt": "its" });
    expect(lines).toEqual(["a.txt was there already: saved as a-2.txt"]);
    expect(readFileSync(join(folder, "out/a.txt"), "utf8")).toBe("mine");
    expect(readFileSync(join(folder, "out/a-2.txt"), "utf8")).toBe("its");
  });

  it("should write over what is there when told to, and in the place of a link", async () => {
    await collect(eventsOf(file("a.txt")), { "a.txt": "mine" });
    writeFileSync(join(folder, "kept.txt"), "kept");
    symlinkSync(join(folder, "kept.txt"), join(folder, "out/b.txt"));
    const made = { "a.txt": "its", "b.txt": "its" };
    expect(await collect(eventsOf(file("a.txt"), file("b.txt")), made, { force: true })).toEqual([]);
    expect(readFileSync(join(folder, "out/a.txt"), "utf8")).toBe("its");
    expect(readFileSync(join(folder, "kept.txt"), "utf8")).toBe("kept");
    expect(readdirSync(join(folder, "out")).sort()).toEqual(["a.txt", "b.txt"]);
  });

  it("should not write through a link that is there", async () => {
    await collect([]);
    writeFileSync(join(folder, "kept.txt"), "kept");
    symlinkSync(join(folder, "kept.txt"), join(folder, "out/a.txt"));
    symlinkSync(join(folder, "missing.txt"), join(folder, "out/b.txt"));
    await collect(eventsOf(file("a.txt"), file("b.txt")), { "a.txt": "its", "b.txt": "its" });
    expect(readFileSync(join(folder, "kept.txt"), "utf8")).toBe("kept");
    expect(readdirSync(folder).sort()).toEqual(["kept.txt", "out"]);
  });

  it("should stop at a bound for all files, by the length that was told, holes and all", async () => {
    const told = eventsOf(["exec-file", { path: "holes.bin", size: 5_000, mime: "x" }], file("a.txt"), file("lie.txt"));
    const made = { "holes.bin": "x", "a.txt": "A", "lie.txt": "x".repeat(5_000) };
    const lines = await collect(told, made, { mostBytes: 1_000 });
    expect(lines).toEqual([
      "holes.bin was not fetched: more than 1.0 kB in all",
      "lie.txt was not fetched: more than 1.0 kB in all",
    ]);
    expect(readdirSync(join(folder, "out"))).toEqual(["a.txt"]);
  });

  it.each(["-rf", "a/--help", "a\nb", "a\u001b[2Kb", "a\u202etxt.exe", "a\u200b", " a", "a ", "x".repeat(300), "."])(
    "should refuse the name %j",
    async (path) => {
      const lines = await collect(eventsOf(file(path)), { [path]: "evil" });
      expect(lines).toHaveLength(1);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
      expect(lines[0]).not.toMatch(/[\u0000-\u001f\u202e\u200b]/);
      expect(readdirSync(join(folder, "out"))).toEqual([]);
    },
  );

  it("should warn of what could be run, and make nothing executable", async () => {
    const made = { "run.sh": "#!/bin/sh\n", tool: "\u007fELF", ".bashrc": "x", "setup.exe": "MZ", "a.txt": "plain" };
    const lines = await collect(eventsOf(...Object.keys(made).map(file)), made);
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["run.sh", "tool", ".bashrc", "setup.exe"]);
    expect(statSync(join(folder, "out/run.sh")).mode & 0o111).toBe(0);
  });
});
