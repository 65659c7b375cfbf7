import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { History } from "../../../bin/chat/history.ts";
import { readHostFile, writeHostFile } from "../../../bin/host/host-file.ts";
import type { Logger } from "../../../core/contract/index.ts";
import { hostToken, rotateToken, tokenFile } from "../../../core/host/token.ts";
import { TrustStore } from "../../../core/host/trust-store.ts";
import {
  appendPrivate,
  folderOf,
  openPrivate,
  privateFolder,
  readPrivate,
  replaceFile,
  writePrivate,
} from "../../../core/kit/index.ts";
import { heldAgainst } from "../../../core/testing/profile/snapshot.ts";
import { RotatingFile } from "../../../plugins/log-file/rotating-file.ts";
import { openDatabase } from "../../../plugins/store-sqlite/database.ts";
import { SampleFile } from "../../../plugins/web-monitor/sample-file.ts";

let folder: string;
let victim: string;
let umask: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-private-"));
  victim = join(folder, "victim.txt");
  writeFileSync(victim, "mine", { mode: 0o644 });
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
  rmSync(folder, { recursive: true, force: true });
});

const log = { warn: () => undefined } as unknown as Logger;
const modeOf = (path: string) => statSync(path).mode & 0o777;
const host = { address: null, url: null, token: "t", profile: "p", listen: null };

/** Each way in which something of ours is written below SLUICE_HOME or beside a profile, and the file that it is. */
const writers: Readonly<Record<string, readonly [name: string, write: (path: string) => unknown]>> = {
  "the token": ["token", (path) => rotateToken(dirname(path))],
  "the token that is there": ["token", (path) => hostToken(dirname(path))],
  "trusted profiles": ["trust.json", (path) => new TrustStore(dirname(path)).add("/p.yaml", "digest")],
  "the file of a host": ["host.json", (path) => writeHostFile(dirname(path), host).update({ token: "other" })],
  "the history of chats": ["chat-history", (path) => new History(path).append("a question")],
  samples: [
    "a.ndjson",
    async (path) => {
      const samples = new SampleFile(path, 1_000, log, dirname(path));
      await samples.load(0);
      samples.add({ at: 1, values: { runs: 1 } });
      await samples.flush();
    },
  ],
  "the journal": ["journal.db", (path) => openDatabase(path, dirname(path)).close()],
  "the log": [
    "sluice.ndjson",
    async (path) => {
      const file = new RotatingFile(path, dirname(path));
      await file.open();
      await file.write(["{}\n"], { rotate: 0, keep: 0 });
      await file.close();
    },
  ],
};

const planted: Readonly<Record<string, (path: string) => void>> = {
  "a link to a file": (path) => symlinkSync(victim, path),
  "a hard link to a file": (path) => linkSync(victim, path),
  "a link to nothing": (path) => symlinkSync(join(folder, "made"), path),
  "a link to /proc": (path) => symlinkSync("/proc/self/comm", path),
  "a pipe": (path) => void execFileSync("python3", ["-c", "import os, sys; os.mkfifo(sys.argv[1])", path]),
};

const attempt = async (work: () => unknown) => {
  try {
    await work();
  } catch {
    // Refused: then nothing was written either.
  }
};

describe.each(Object.entries(writers))("what is written of %s", (_, [name, write]) => {
  it("should be for its owner alone, whatever the umask", async () => {
    const path = join(folder, "home", name);
    await write(path);
    expect([modeOf(path), modeOf(dirname(path))]).toEqual([0o600, 0o700]);
  });

  it("should be closed to others where it was found open to them", async () => {
    const path = join(folder, "home", name);
    await write(path);
    chmodSync(dirname(path), 0o777);
    chmodSync(path, 0o666);
    // Two hosts of one user are refused; of the one that is there nothing else is left open.
    if (name === "host.json") await attempt(() => write(path));
    else await write(path);
    expect([modeOf(path) & 0o027, modeOf(dirname(path))]).toEqual([0, 0o700]);
  });

  it.each(Object.entries(planted))("should go nowhere through %s", async (_kind, plant) => {
    const path = join(folder, "home", name);
    mkdirSync(dirname(path));
    plant(path);
    await attempt(() => write(path));
    expect([readFileSync(victim, "utf8"), modeOf(victim)]).toEqual(["mine", 0o644]);
    expect(existsSync(join(folder, "made"))).toBe(false);
  });

  it("should go nowhere through a link to a folder", async () => {
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere, { mode: 0o755 });
    symlinkSync(elsewhere, join(folder, "home"));
    await attempt(() => write(join(folder, "home", name)));
    expect([readdirSync(elsewhere), modeOf(elsewhere)]).toEqual([[], 0o755]);
  });
});

describe("files of ours", () => {
  it.each(["-wal", "-shm", "-journal"])("should be what the journal finds as its %s", (end) => {
    const path = join(folder, "home/journal.db");
    mkdirSync(dirname(path));
    linkSync(victim, path + end);
    expect(() => openDatabase(path)).toThrow(/another name/);
    expect(readFileSync(victim, "utf8")).toBe("mine");
  });

  it("should be named where they are not, with a code and a cure", () => {
    symlinkSync(victim, join(folder, "link"));
    mkdirSync(join(folder, "folder"));
    const code = { code: "SLUICE_FILE_NOT_OURS", cure: expect.stringContaining("SLUICE_HOME") };
    expect(() => readPrivate(join(folder, "link"))).toThrow(expect.objectContaining(code));
    expect(() => appendPrivate(join(folder, "folder"), "a")).toThrow(expect.objectContaining(code));
    expect(() => writePrivate(join(folder, "folder"), "a")).toThrow(expect.objectContaining(code));
    expect(() => privateFolder(join(folder, "link"))).toThrow(expect.objectContaining(code));
    expect(readdirSync(folder).sort()).toEqual(["folder", "link", "victim.txt"]);
  });

  it("should be believed of nobody else", () => {
    const state = join(folder, "home");
    mkdirSync(state);
    writeFileSync(join(folder, "token"), "a".repeat(43));
    symlinkSync(join(folder, "token"), tokenFile(state));
    expect(hostToken(state)).not.toBe("a".repeat(43));
    expect(lstatSync(tokenFile(state)).isFile()).toBe(true);
    const trust = [{ file: "/p.yaml", digest: "digest", since: "" }];
    writeFileSync(join(folder, "trust"), JSON.stringify(trust));
    symlinkSync(join(folder, "trust"), join(state, "trust.json"));
    expect(new TrustStore(state).has("digest")).toBe(false);
    using _file = writeHostFile(join(folder, "other"), host);
    symlinkSync(join(folder, "other/host.json"), join(state, "host.json"));
    expect(readHostFile(join(folder, "other"))).toMatchObject({ token: "t" });
    expect(readHostFile(state)).toBeUndefined();
  });

  it.runIf(process.geteuid?.() === 0)("should be nobody's that another user has put there", async () => {
    const path = join(folder, "theirs");
    writeFileSync(path, "a");
    execFileSync("chown", ["12345", path]);
    expect(() => readPrivate(path)).not.toThrow();
    execFileSync("chmod", ["777", folder, path]);
    const script = `import { readPrivate } from ${JSON.stringify(new URL("../../../core/kit/private-files.ts", import.meta.url).href)};
process.chdir(${JSON.stringify(folder)}); process.setuid(23456); try { readPrivate("theirs"); } catch (error) { console.log(error.code); }`;
    expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })).toBe(
      "SLUICE_FILE_NOT_OURS\n",
    );
  });

  it("should be emptied only where they are ours", async () => {
    linkSync(victim, join(folder, "part"));
    await expect(openPrivate(join(folder, "part"), "anew")).rejects.toThrow(/another name/);
    expect(readFileSync(victim, "utf8")).toBe("mine");
    await using file = await openPrivate(join(folder, "fresh"), "anew");
    await file.write("a");
    expect(readFileSync(join(folder, "fresh"), "utf8")).toBe("a");
  });

  it("should leave a folder that a person named as it is, and follow that person's own link", () => {
    const shared = join(folder, "shared");
    mkdirSync(shared, { mode: 0o775 });
    symlinkSync(shared, join(folder, "own"));
    folderOf(join(folder, "own/journal.db"), join(folder, "home"));
    expect(modeOf(shared)).toBe(0o775);
    folderOf(join(folder, "home/deep/er/journal.db"), join(folder, "home"));
    for (const name of ["home", "home/deep", "home/deep/er"]) expect(modeOf(join(folder, name))).toBe(0o700);
  });

  it("should keep the rights that are asked, and else those of the umask", () => {
    process.umask(0o027);
    replaceFile(join(folder, "a"), "a", 0o664);
    replaceFile(join(folder, "b"), "b");
    expect([modeOf(join(folder, "a")), modeOf(join(folder, "b"))]).toEqual([0o664, 0o640]);
  });

  it("should not lead a snapshot out of its repository", () => {
    const [path, linked] = [join(folder, "p.snapshots/t.txt"), join(folder, "q.snapshots/t.txt")];
    mkdirSync(dirname(path));
    symlinkSync(victim, path);
    expect(heldAgainst(path, "new", true)).toBe("updated");
    symlinkSync(folder, dirname(linked));
    expect(() => heldAgainst(linked, "new", true)).toThrow(/is a link/);
    expect(readFileSync(victim, "utf8")).toBe("mine");
    expect(readdirSync(folder)).not.toContain("t.txt");
  });
});
