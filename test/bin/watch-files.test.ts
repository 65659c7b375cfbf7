import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WatchedFiles } from "../../bin/host/watch-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-watch-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...names: readonly string[]) => join(folder, ...names);
const quietly = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

/** A folder as a cluster mounts it: each file a link through `..data`, which is turned to a new folder by one rename. */
function mounted(version: string, text: string): void {
  mkdirSync(at("mount", version), { recursive: true });
  writeFileSync(at("mount", version, "a.yaml"), text);
  symlinkSync(version, at("mount", "..data_tmp"));
  renameSync(at("mount", "..data_tmp"), at("mount", "..data"));
}

interface Way {
  /** Files that are watched; `a.yaml` by default. */
  readonly files?: readonly string[];
  readonly before?: () => void;
  /** Ends with `last` in the last of the files. */
  readonly change: () => void | Promise<void>;
}

const ways: Readonly<Record<string, Way>> = {
  "a plain write": { change: () => writeFileSync(at("a.yaml"), "last") },
  "a save by rename": {
    change: () => {
      writeFileSync(at(".a.yaml.tmp"), "last");
      renameSync(at(".a.yaml.tmp"), at("a.yaml"));
    },
  },
  "an editor that moves the old file away first": {
    change: () => {
      renameSync(at("a.yaml"), at("a.yaml~"));
      writeFileSync(at("a.yaml"), "last");
      rmSync(at("a.yaml~"));
    },
  },
  "an editor that tries whether it may write": {
    change: () => {
      writeFileSync(at("4913"), "");
      rmSync(at("4913"));
      truncateSync(at("a.yaml"));
      writeFileSync(at("a.yaml"), "last");
    },
  },
  "two quick saves": {
    change: () => {
      writeFileSync(at("a.yaml"), "first");
      writeFileSync(at("a.yaml"), "last");
    },
  },
  "a file written in halves": {
    change: async () => {
      const file = openSync(at("a.yaml"), "w");
      writeSync(file, "la");
      await sleep(400);
      writeSync(file, "st");
      closeSync(file);
    },
  },
  "a file that is deleted and comes again": {
    change: async () => {
      rmSync(at("a.yaml"));
      await sleep(400);
      writeFileSync(at("a.yaml"), "last");
    },
  },
  "lines added": { before: () => writeFileSync(at("a.yaml"), "la"), change: () => appendFileSync(at("a.yaml"), "st") },
  "a second file that it reads": {
    files: ["a.yaml", "keys/key.txt"],
    before: () => mkdirSync(at("keys")),
    change: () => writeFileSync(at("keys", "key.txt"), "last"),
  },
  "a file in folders that come later": {
    files: ["a.yaml", "new/deep/key.txt"],
    change: async () => {
      mkdirSync(at("new"));
      await sleep(50);
      mkdirSync(at("new", "deep"));
      await sleep(50);
      writeFileSync(at("new", "deep", "key.txt"), "last");
    },
  },
  "a folder that is removed and made again": {
    files: ["sub/a.yaml"],
    before: () => {
      mkdirSync(at("sub"));
      writeFileSync(at("sub", "a.yaml"), "old");
    },
    change: async () => {
      rmSync(at("sub"), { recursive: true });
      await sleep(300);
      mkdirSync(at("sub"));
      await sleep(300);
      writeFileSync(at("sub", "a.yaml"), "last");
    },
  },
  "a folder that another takes the place of": {
    files: ["sub/a.yaml"],
    before: () => {
      mkdirSync(at("sub"));
      writeFileSync(at("sub", "a.yaml"), "old");
      mkdirSync(at("next"));
      writeFileSync(at("next", "a.yaml"), "next");
    },
    change: async () => {
      renameSync(at("sub"), at("before"));
      renameSync(at("next"), at("sub"));
      await sleep(400);
      writeFileSync(at("sub", "a.yaml"), "last");
    },
  },
  "a mounted folder that is turned": {
    files: ["mount/a.yaml"],
    before: () => {
      mounted("..1", "old");
      symlinkSync(join("..data", "a.yaml"), at("mount", "a.yaml"));
    },
    change: async () => {
      mounted("..2", "middle");
      rmSync(at("mount", "..1"), { recursive: true });
      await sleep(400);
      mounted("..3", "last");
      rmSync(at("mount", "..2"), { recursive: true });
    },
  },
  "a file behind a link elsewhere, changed where it lies": {
    files: ["link.yaml"],
    before: () => {
      mkdirSync(at("far", "away"), { recursive: true });
      writeFileSync(at("far", "away", "real.yaml"), "old");
      symlinkSync(at("far", "away", "real.yaml"), at("link.yaml"));
    },
    change: () => writeFileSync(at("far", "away", "real.yaml"), "last"),
  },
  "a link that is turned to another file": {
    files: ["link.yaml"],
    before: () => {
      writeFileSync(at("one"), "old");
      writeFileSync(at("two"), "last");
      symlinkSync("one", at("link.yaml"));
    },
    change: () => {
      symlinkSync("two", at("link.new"));
      renameSync(at("link.new"), at("link.yaml"));
    },
  },
  "somebody who never rests beside it": {
    change: async () => {
      for (let time = 0; time < 100; time += 1) {
        writeFileSync(at("noise"), `${time}`);
        if (time === 50) writeFileSync(at("a.yaml"), "last");
        await sleep(10);
      }
    },
  },
  "somebody who never rests in it": {
    change: async () => {
      for (let time = 0; time < 150; time += 1) {
        writeFileSync(at("a.yaml"), `${time}`);
        await sleep(10);
      }
      writeFileSync(at("a.yaml"), "last");
    },
  },
};

describe("files that are watched", () => {
  it.each(Object.entries(ways))("should be read as they are at last: %s", async (_, { files = ["a.yaml"], ...way }) => {
    writeFileSync(at("a.yaml"), "old");
    way.before?.();
    const paths = files.map((name) => at(name));
    const seen: string[] = [];
    using _watched = new WatchedFiles(
      () => paths,
      async () => {
        seen.push(quietly(paths.at(-1) ?? ""));
        return () => undefined;
      },
    );
    await way.change();
    await expect.poll(() => seen.at(-1), { timeout: 10_000 }).toBe("last");
  });

  it("should not be called of, where nothing of them has changed", async () => {
    writeFileSync(at("a.yaml"), "old");
    let calls = 0;
    using _watched = new WatchedFiles(
      () => [at("a.yaml")],
      async () => {
        calls += 1;
        return () => undefined;
      },
    );
    writeFileSync(at("b.yaml"), "other");
    writeFileSync(at("a.yaml"), "old");
    renameSync(at("a.yaml"), at("c.yaml"));
    renameSync(at("c.yaml"), at("a.yaml"));
    await sleep(500);
    expect(calls).toBe(0);
  });
});
