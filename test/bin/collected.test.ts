import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Collected } from "../../bin/execution/collected.ts";
import { eventsOf, fakeRun } from "./fake-run.ts";

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

describe("Collected", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function collect(events: ReturnType<typeof eventsOf>, files: Record<string, string> = {}) {
    const collected = new Collected(join(folder, "out"));
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

  it("should name what could not be fetched and save the rest", async () => {
    const failed = await collect(eventsOf(file("gone.txt"), file("a.txt")), { "a.txt": "A" });
    expect(failed).toEqual(["gone.txt was not fetched: no gone.txt"]);
    expect(readFileSync(join(folder, "out/a.txt"), "utf8")).toBe("A");
  });
});
