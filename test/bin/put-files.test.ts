import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFiles } from "../../bin/execution/files.ts";

let folder: string;
let outside: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-put-"));
  outside = mkdtempSync(join(tmpdir(), "sluice-outside-"));
  mkdirSync(join(folder, "work/inner"), { recursive: true });
  writeFileSync(join(folder, "work/a.txt"), "a");
  writeFileSync(join(folder, "work/inner/b.txt"), "b");
  writeFileSync(join(outside, "key"), "planted-key");
});
afterEach(() => {
  for (const each of [folder, outside]) rmSync(each, { recursive: true, force: true });
});

const at = (path: string) => join(folder, path);
const put = async () =>
  (await readFiles([at("work")])).map(({ path, content }) => `${path}=${Buffer.from(content).toString()}`);

describe("a folder that is put, which somebody else has made", () => {
  it("should be put with what its links lead to within it", async () => {
    symlinkSync("inner/b.txt", at("work/c.txt"));
    symlinkSync(at("work/a.txt"), at("work/inner/d.txt"));
    symlinkSync("inner", at("work/folder"));
    symlinkSync("nowhere", at("work/broken"));
    expect(await put()).toEqual(["work/a.txt=a", "work/c.txt=b", "work/inner/b.txt=b", "work/inner/d.txt=a"]);
  });

  it("should be put where the folder itself is named by a link", async () => {
    symlinkSync(at("work"), at("link"));
    expect((await readFiles([at("link")])).map(({ path }) => path)).toEqual(["link/a.txt", "link/inner/b.txt"]);
  });

  it.each([
    ["by its whole path", () => symlinkSync(join(outside, "key"), at("work/data.csv"))],
    ["by a path that goes up", () => symlinkSync("../../../../../../../../etc/passwd", at("work/inner/data.csv"))],
    [
      "by a link to a link",
      () => {
        symlinkSync(join(outside, "key"), at("second"));
        symlinkSync("../second", at("work/data.csv"));
      },
    ],
    [
      "by a folder beside it whose name begins alike",
      () => {
        mkdirSync(at("work-of-others"));
        writeFileSync(at("work-of-others/key"), "planted-key");
        symlinkSync("../work-of-others/key", at("work/data.csv"));
      },
    ],
    ["by a process's own files", () => symlinkSync("/proc/self/environ", at("work/data.csv"))],
  ])("should give no file away that a link leads to %s", async (_, plant) => {
    plant();
    await expect(put()).rejects.toMatchObject({ code: "SLUICE_USAGE", message: expect.stringContaining("data.csv") });
  });

  it("should be refused by the length of its files, holes and all", async () => {
    writeFileSync(at("work/holes"), "");
    truncateSync(at("work/holes"), 1024 ** 3);
    await expect(put()).rejects.toMatchObject({
      code: "SLUICE_USAGE",
      message: expect.stringContaining("more than 1"),
    });
  });
});
