import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { makeFolder } from "../../../core/kit/make-folder.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-folder-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const codeOf = (path: string) => {
  try {
    makeFolder(path);
    return "made";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};

describe("a folder that is made", () => {
  it("should be there with all above it, with the mode that was asked for, and stay as it is", () => {
    const deep = join(root, "a/b/../b/c");
    makeFolder(deep, 0o700);
    makeFolder(deep, 0o755);
    expect(["a", "a/b", "a/b/c"].map((name) => statSync(join(root, name)).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
  });

  it("should be found through a link, and not be made where a link leads nowhere or a file stands", () => {
    mkdirSync(join(root, "there"));
    writeFileSync(join(root, "file"), "");
    symlinkSync(join(root, "there"), join(root, "good"));
    symlinkSync(join(root, "nowhere"), join(root, "bad"));
    const all = ["good/new", "bad", "bad/new", "file", "file/new"];
    expect(all.map((name) => codeOf(join(root, name)))).toEqual(["made", "EEXIST", "EEXIST", "EEXIST", "ENOTDIR"]);
  });

  it.runIf(process.platform === "linux")("should be refused, and hang nobody, where nothing can be made", () => {
    expect(codeOf("/proc/nowhere/deep")).toBe("ENOENT");
    expect(codeOf("/dev/null/deep")).toBe("ENOTDIR");
  });

  it("should be made by nothing else in what the host runs", () => {
    const root = new URL("../../../", import.meta.url);
    const list = ["ls-files", "core/*.ts", "bin/*.ts", "plugins/*.ts"];
    const files = execFileSync("git", list, { cwd: root, encoding: "utf8" }).trim().split("\n");
    expect(files.length).toBeGreaterThan(500);
    const own = files.filter((path) => /mkdir(Sync)?\(.*recursive/.test(readFileSync(new URL(path, root), "utf8")));
    expect(own).toEqual([]);
  });
});
