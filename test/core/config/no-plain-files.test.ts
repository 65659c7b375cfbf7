import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { loadPlan } from "../../../core/plugin/load-plan.ts";
import { readApart } from "./strange-folder.ts";

/**
 * A stranger's folder holds what is no file: a pipe holds whoever opens it for ever, a device fills the memory, links go
 * round. Each is played in a process of its own, since reading a pipe can be ended by nothing else.
 */
const top = mkdtempSync(join(tmpdir(), "sluicebox-no-plain-"));
let folder: string;
let count = 0;
afterAll(() => rmSync(top, { recursive: true, force: true }));
beforeEach(() => {
  count += 1;
  folder = join(top, String(count));
  mkdirSync(join(folder, "own"), { recursive: true });
  const config = { type: "object", properties: {} };
  const manifest = { name: "own", kind: "model", api: 1, description: "Strange.", config };
  write("own/plugin.json", JSON.stringify(manifest));
  write("own/index.js", "export default { create: () => ({}) };\n");
  write("sluice.yaml", "version: 1\nplugins: { own: { use: ./own } }\nflows: { chat: own }\n");
});

const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
const odd: Readonly<Record<string, (path: string) => void>> = {
  "a pipe": (path) => execFileSync("python3", ["-c", "import os, sys; os.mkfifo(sys.argv[1])", path]),
  "a device without an end": (path) => symlinkSync("/dev/zero", path),
  "a folder": (path) => mkdirSync(path),
  "a link to itself": (path) => symlinkSync(path, path),
  "a file of a tebibyte": (path) => {
    writeFileSync(path, "");
    truncateSync(path, 2 ** 40);
  },
};
const put = (name: string, path: string) => {
  rmSync(join(folder, path), { force: true });
  odd[name]?.(join(folder, path));
};

const read = () => readApart(folder);

describe("a stranger's folder with something that is no plain file", { timeout: 60_000 }, () => {
  it.each(Object.keys(odd))("should be refused where the profile is %s", async (name) => {
    put(name, "sluice.yaml");
    expect((await read()).codes).toEqual(["SLUICE_CONFIG_NOT_FOUND"]);
  });

  it.each(Object.keys(odd))("should be refused where it extends %s", async (name) => {
    put(name, "base.yaml");
    write("sluice.yaml", "version: 1\nextends: ./base.yaml\nflows: {}\n");
    expect((await read()).codes).toEqual(["SLUICE_CONFIG_NOT_FOUND"]);
  });

  it.each(Object.keys(odd))("should be refused where a manifest is %s", async (name) => {
    put(name, "own/plugin.json");
    expect((await read()).codes).toEqual(["SLUICE_PLUGIN_MANIFEST"]);
  });

  it.each(Object.keys(odd))("should be read to its end where among a plugin's sources is %s", async (name) => {
    put(name, "own/odd.js");
    const { codes, digest } = await read();
    expect(codes).toEqual([]);
    expect(digest).toEqual(name === "a file of a tebibyte" ? undefined : expect.stringMatching(/^[0-9a-f]{64}$/));
  });

  it("should be read to its end where links within a plugin lead round and up", async () => {
    symlinkSync(".", join(folder, "own/round"));
    symlinkSync(".", join(folder, "own/again"));
    expect((await read()).digest).toMatch(/^[0-9a-f]{64}$/);
    symlinkSync("/", join(folder, "own/all"));
    expect((await read()).digest).toBeUndefined();
  });

  it("should be another one when what a link within a plugin leads to has changed", async () => {
    mkdirSync(join(folder, "beside"));
    write("beside/x.js", "1");
    symlinkSync("../beside", join(folder, "own/lib"));
    const digest = async () => {
      const options = { file: "sluice.yaml", cwd: folder, env: {}, trust: "unknown" } as const;
      return (await loadPlan(options)).digest();
    };
    const before = await digest();
    write("beside/x.js", "2");
    expect(await digest()).not.toBe(before);
  });

  it.each(["./../beside/x.js", "./node_modules/x.js", "./.git/x.js"])(
    "should be another one when what is imported has changed, at %s",
    async (entry) => {
      const config = { type: "object", properties: {} };
      const manifest = { name: "own", kind: "model", api: 1, description: "Strange.", config, entry };
      write("own/plugin.json", JSON.stringify(manifest));
      const at = join("own", entry);
      mkdirSync(join(folder, at, ".."), { recursive: true });
      const digest = async () => {
        const options = { file: "sluice.yaml", cwd: folder, env: {}, trust: "unknown" } as const;
        return (await loadPlan(options)).digest();
      };
      write(at, "1");
      const before = await digest();
      expect(before).toMatch(/^[0-9a-f]{64}$/);
      write(at, "2");
      expect(await digest()).not.toBe(before);
    },
  );

  it("should be known by nothing where it has more files than are looked at", async () => {
    mkdirSync(join(folder, "own/many"));
    for (let at = 0; at < 5_001; at += 1) write(`own/many/${at}.js`, "");
    expect((await read()).digest).toBeUndefined();
  });
});
