import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SluiceError } from "../../../core/contract/index.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { openStore, runOf, silent, temporaryFolder } from "./store-kit.ts";

/** Holds the file as another program would. */
function hold(path: string): Disposable {
  const other = new DatabaseSync(path);
  other.exec("BEGIN EXCLUSIVE");
  return { [Symbol.dispose]: () => other.close() };
}

function database(path: string, ...statements: string[]): void {
  const made = new DatabaseSync(path);
  for (const statement of statements) made.exec(statement);
  made.close();
}

async function refused(action: () => unknown): Promise<SluiceError> {
  try {
    await action();
  } catch (error) {
    return error as SluiceError;
  }
  throw new Error("it was not refused");
}

/** A disk of one megabyte; undefined where nothing may be mounted. */
function tinyDisk(): string | undefined {
  const folder = join(temporaryFolder(), "disk");
  mkdirSync(folder);
  try {
    execFileSync("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync("/usr/bin/umount", ["--lazy", folder]));
  return folder;
}

function fill(file: string): void {
  const handle = openSync(file, "w");
  try {
    for (;;) writeSync(handle, Buffer.alloc(1024));
  } catch {
    // Full.
  }
}

describe("a file that another process holds", () => {
  it("should be waited for, said once, and written when it is free", async () => {
    const clock = new FakeClock();
    const said: string[] = [];
    const store = openStore({ clock, log: { ...silent, warn: (message) => said.push(message) } });
    const held = hold(store.path);
    const written = store.append(runOf("r1", 3));
    for (let step = 0; step < 8; step += 1) await clock.advance(100);
    expect(said).toEqual([`waiting for ${store.path}, which another process holds`]);
    held[Symbol.dispose]();
    await clock.advance(100);
    await written;
    expect(store.runs({ run: "r1" })).toMatchObject([{ status: "ok", lastSeq: 5 }]);
  });

  it("should be refused after a second, with a cure", async () => {
    const clock = new FakeClock();
    const store = openStore({ clock });
    using _held = hold(store.path);
    const written = refused(() => store.append(runOf("r1", 3)));
    for (let step = 0; step < 30; step += 1) await clock.advance(100);
    expect(await written).toMatchObject({
      code: "SLUICE_STORE_FAILED",
      cure: expect.stringContaining("holds the file"),
    });
  });
});

describe("a file that was taken away", () => {
  const away: Record<string, (path: string) => void> = {
    deleted: (path) => {
      for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
    },
    "replaced by a copy": (path) => {
      copyFileSync(path, `${path}.copy`);
      for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
      copyFileSync(`${path}.copy`, path);
    },
    "gone with its folder": (path) => rmSync(join(path, ".."), { recursive: true }),
  };
  it.each(Object.keys(away))("should be said, and begun anew: %s", async (how) => {
    const store = openStore();
    await store.append(runOf("r1", 3));
    away[how]?.(store.path);
    expect(await refused(() => store.append(runOf("r2", 3)))).toMatchObject({ code: "SLUICE_STORE_REPLACED" });
    await store.append(runOf("r2", 3));
    expect(existsSync(store.path)).toBe(true);
    expect(store.runs({ run: "r2" })).toMatchObject([{ status: "ok", lastSeq: 5 }]);
  });

  it("should be refused again and again where something else lies in its place", async () => {
    const store = openStore();
    rmSync(store.path);
    writeFileSync(store.path, "nothing of ours ".repeat(1_000));
    expect((await refused(() => store.append(runOf("r1", 1)))).code).toBe("SLUICE_STORE_REPLACED");
    expect((await refused(() => store.append(runOf("r1", 1)))).message).toContain("not a database");
    expect(readFileSync(store.path, "utf8")).toContain("nothing of ours");
  });
});

describe("a file of somebody else", () => {
  const foreign: Record<string, readonly string[]> = {
    "without a version": ["CREATE TABLE x (a)"],
    "of version 1": ["CREATE TABLE x (a)", "PRAGMA user_version = 1"],
    "of our version": ["CREATE TABLE x (a)", "PRAGMA user_version = 3"],
    "of a newer version": ["CREATE TABLE x (a)", "PRAGMA user_version = 99"],
    "with a version and nothing else": ["PRAGMA user_version = 2"],
    "with one table of the name": ["CREATE TABLE runs (a)", "PRAGMA user_version = 3"],
  };
  it.each(Object.keys(foreign))("should be left as it is: %s", async (what) => {
    const path = join(temporaryFolder(), "foreign.db");
    database(path, ...(foreign[what] ?? []));
    const before = readFileSync(path);
    const error = await refused(() => openStore({ path }));
    expect(error).toMatchObject({ code: "SLUICE_STORE_FAILED", cure: expect.stringContaining("path") });
    expect(error.message).toContain("no journal");
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe("probe", () => {
  it("should say what is there", async () => {
    const store = openStore();
    expect(await store.probe()).toMatch(/journal\.db, 0 MiB, \d+ MiB free$/);
  });

  it("should find damage that no run has met yet", async () => {
    const path = join(temporaryFolder(), "journal.db");
    const first = openStore({ path });
    await first.append(runOf("r1", 2_000));
    await first[Symbol.asyncDispose]();
    const bytes = readFileSync(path);
    for (let page = 2; page < 8; page += 1) bytes.fill(0xa5, page * 4_096, (page + 1) * 4_096);
    writeFileSync(path, bytes);
    expect((await refused(() => openStore({ path }).probe())).cure).toContain("good copy");
  });
});

describe("a full disk", () => {
  it("should be said, and still take the end of a run from the room that was kept", async ({ skip }) => {
    const disk = tinyDisk();
    if (disk === undefined) return skip("nothing may be mounted here");
    const store = openStore({ path: join(disk, "journal.db") });
    const events = runOf("r1", 3_000);
    await store.append(events.slice(0, 1));
    fill(join(disk, "rest"));
    const error = await refused(() => store.append(events.slice(1, -1)));
    expect(error).toMatchObject({ code: "SLUICE_STORE_FAILED", cure: expect.stringContaining("Make room") });
    expect((await refused(() => store.probe())).cure).toContain("Make room");
    await store.append(events.slice(-1));
    expect(store.runs({ run: "r1" })).toMatchObject([{ status: "ok", lastSeq: 3_002 }]);
    expect(store.unfinished()).toEqual([]);
  });
});
