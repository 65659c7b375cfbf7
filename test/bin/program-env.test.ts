import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { programEnv } from "../../bin/execution/env.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-"));
  vi.stubEnv("SHOWN_HERE", "from here");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe("--env and --env-from", () => {
  it("should give a program no variable where nobody names one", async () => {
    expect(await programEnv()).toBeUndefined();
    expect(await programEnv([], [file("empty", "# nothing\n\n")])).toBeUndefined();
  });

  it("should take values as they are, or from the caller", async () => {
    expect(await programEnv(["A=1=2", "B=", "C=two\nlines", "SHOWN_HERE"])).toEqual({
      ...{ A: "1=2", B: "", C: "two\nlines" },
      SHOWN_HERE: "from here",
    });
  });

  it("should read files first, and let the later value count", async () => {
    const first = file("a", "A=1\n# a remark\nexport B='two words'\nC=\"x\ny\"\n");
    const second = file("b", "A=2\r\nD=4\r\n");
    expect(await programEnv(["D=5"], [first, second])).toEqual({ A: "2", B: "two words", C: "x\ny", D: "5" });
  });

  it("should refuse what is not there, and name it", async () => {
    const usage = { code: "SLUICE_USAGE" };
    await expect(programEnv(["NOT_SET_ANYWHERE"])).rejects.toMatchObject({ ...usage, message: /NOT_SET_ANYWHERE/ });
    await expect(programEnv([], [join(folder, "none")])).rejects.toMatchObject({ message: /none/ });
    await expect(programEnv([], [file("words", "just words\n")])).rejects.toMatchObject(usage);
  });
});
