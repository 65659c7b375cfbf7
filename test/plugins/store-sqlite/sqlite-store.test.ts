import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../core/kit/timing/system-clock.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { SqliteStore } from "../../../plugins/store-sqlite/sqlite-store.ts";
import { openStore, owner, runOf, silent, temporaryFolder } from "./store-kit.ts";

function refusedStart(path: string) {
  const store = new SqliteStore({
    path,
    keep: { runs: 0, age: 0, size: 0 },
    owner,
    clock: new FakeClock(),
    log: silent,
  });
  onTestFinished(() => store[Symbol.asyncDispose]());
  return () => store.start();
}

describe("store-sqlite", () => {
  it("should give back what it took, equal and in order, from after any place", async () => {
    const store = openStore();
    const events = runOf("r1", 8);
    store.append(events.slice(0, 3));
    store.append(events.slice(3));
    expect((await store.read("r1", 0, 100)).map((event) => ({ ...event }))).toEqual(events);
    expect((await store.read("r1", 4, 3)).map((event) => event.seq)).toEqual([5, 6, 7]);
    expect(await store.read("r1", 10, 3)).toEqual([]);
    expect(await store.read("other", 0, 3)).toEqual([]);
  });

  it("should refuse the same place twice and take nothing of that batch", async () => {
    const store = openStore();
    const events = runOf("r1", 2);
    store.append(events.slice(0, 2));
    expect(() => store.append(events.slice(1))).toThrow(/in the store already/);
    expect(await store.read("r1", 0, 100)).toHaveLength(2);
    store.append(events.slice(2));
    expect(await store.read("r1", 0, 100)).toHaveLength(4);
  });

  it("should list runs, newest first, by run, session and status", () => {
    const store = openStore();
    store.append(runOf("r1", 1));
    store.append(runOf("r2", 1, false));
    expect(store.runs({}).map(({ run, status }) => [run, status])).toEqual([
      ["r2", "running"],
      ["r1", "ok"],
    ]);
    expect(store.runs({ run: "r1" })).toEqual([
      {
        run: "r1",
        flow: "chat",
        session: "s-r1",
        input: "ask r1",
        status: "ok",
        started: "2026-01-01T00:00:00.000Z",
        ended: "2026-01-01T00:00:00.000Z",
        exitCode: 0,
        usage: { inputTokens: 1, outputTokens: 2 },
        cost: null,
        lastSeq: 3,
      },
    ]);
    expect(store.runs({ session: "s-r2" }).map(({ run }) => run)).toEqual(["r2"]);
    expect(store.runs({ run: "r1", status: "running" })).toEqual([]);
    expect(store.runs({ limit: 1 })).toHaveLength(1);
  });

  it("should name unfinished runs with the host that wrote them", () => {
    const store = openStore();
    store.append([...runOf("r1", 1), ...runOf("r2", 4, false)]);
    expect(store.unfinished()).toEqual([{ run: "r2", lastSeq: 5, owner }]);
  });

  it("should keep the file to its user and find everything in it again", async () => {
    const path = join(temporaryFolder(), "new", "journal.db");
    const first = openStore({ path });
    first.append(runOf("r1", 3));
    await first[Symbol.asyncDispose]();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await openStore({ path }).read("r1", 0, 100)).toHaveLength(5);
  });

  it("should let two hosts write one file side by side", async () => {
    const path = join(temporaryFolder(), "journal.db");
    const one = openStore({ path });
    const two = openStore({ path });
    for (let index = 0; index < 50; index++) {
      await one.append(runOf(`a${index}`, 3));
      await two.append(runOf(`b${index}`, 3));
    }
    expect(one.runs({ limit: 1000 })).toHaveLength(100);
    expect(await two.read("a49", 0, 100)).toHaveLength(5);
  });

  it("should wait, without stopping the host, while another process holds the file", async () => {
    const path = join(temporaryFolder(), "journal.db");
    const store = openStore({ path, clock: systemClock });
    const other = new DatabaseSync(path);
    onTestFinished(() => other.close());
    other.exec("BEGIN IMMEDIATE");
    const appended = store.append(runOf("r1", 1));
    expect(appended).toBeInstanceOf(Promise);
    expect(await store.read("r1", 0, 10)).toEqual([]);
    other.exec("COMMIT");
    await appended;
    expect(await store.read("r1", 0, 10)).toHaveLength(3);
  });

  it("should give up on a file that stays held, and name it", async () => {
    const clock = new FakeClock();
    const store = openStore({ clock });
    const other = new DatabaseSync(store.path);
    onTestFinished(() => other.close());
    other.exec("BEGIN IMMEDIATE");
    const outcome = expect(store.append(runOf("r1", 1))).rejects.toMatchObject({ code: "SLUICE_STORE_FAILED" });
    await clock.advance(6_000);
    await outcome;
  });

  it("should refuse a file that is damaged, none of ours, newer, or out of reach, with a cure", () => {
    const folder = temporaryFolder();
    const damaged = join(folder, "damaged.db");
    writeFileSync(damaged, "nothing of a database ".repeat(500));
    expect(refusedStart(damaged)).toThrow(
      expect.objectContaining({ code: "SLUICE_STORE_FAILED", cure: expect.stringContaining("Move the file away") }),
    );
    expect(readFileSync(damaged, "utf8")).toContain("nothing of a database");

    const foreign = join(folder, "foreign.db");
    const database = new DatabaseSync(foreign);
    database.exec("CREATE TABLE recipes (name TEXT)");
    database.close();
    expect(refusedStart(foreign)).toThrow(/no journal/);

    const newer = join(folder, "newer.db");
    const future = new DatabaseSync(newer);
    future.exec("PRAGMA user_version = 99");
    future.close();
    expect(refusedStart(newer)).toThrow(
      expect.objectContaining({
        code: "SLUICE_STORE_NEWER",
        message: expect.stringMatching(/format 99, of a newer .* reads format \d/),
      }),
    );

    writeFileSync(join(folder, "file"), "");
    expect(refusedStart(join(folder, "file", "journal.db"))).toThrow(
      expect.objectContaining({ code: "SLUICE_STORE_READ_ONLY", message: expect.stringContaining("journal.db") }),
    );
  });

  it("should delete ended runs beyond number, age and size, and never a running one", async () => {
    const now = Date.UTC(2026, 5, 1);
    const day = 86_400_000;
    const clock = new FakeClock(now);
    const old = new Date(now - 31 * day).toISOString();
    const fresh = new Date(now).toISOString();
    const store = openStore({ clock, keep: { runs: 5, age: 30 * day, size: 0 } });
    store.append(runOf("running", 3, false, old));
    store.append(runOf("old", 1_200, true, old));
    for (let index = 0; index < 8; index++) store.append(runOf(`new${index}`, 3, true, fresh));
    await clock.advance(10_000);
    await expect
      .poll(() => store.runs({}).map(({ run }) => run))
      .toEqual(["new7", "new6", "new5", "new4", "new3", "running"]);
    expect(await store.read("running", 0, 10)).toHaveLength(4);
    expect(await store.read("old", 0, 10)).toEqual([]);
  });

  it("should give room back to the disk when the file is larger than it may be", async () => {
    const clock = new FakeClock();
    const store = openStore({ clock, keep: { runs: 0, age: 0, size: 200_000 } });
    for (let index = 0; index < 20; index++) store.append(runOf(`r${index}`, 200));
    await clock.advance(10_000);
    await expect.poll(() => store.runs({}).length).toBeLessThan(10);
    await store[Symbol.asyncDispose]();
    expect(statSync(store.path).size).toBeLessThan(300_000);
    expect(statSync(store.path).size).toBeGreaterThan(0);
  });

  it("should have everything it accepted after its process is killed", async () => {
    const path = join(temporaryFolder(), "journal.db");
    const script = new URL("./append-forever.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
    let accepted = 0;
    let text = "";
    for await (const chunk of child.stdout) {
      text += chunk;
      accepted = Number(text.split("\n").at(-2) ?? 0);
      if (accepted > 200) child.kill("SIGKILL");
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    expect(child.signalCode).toBe("SIGKILL");
    const events = await openStore({ path }).read("r1", 0, 1_000_000);
    expect(events.length).toBeGreaterThanOrEqual(accepted);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  });

  it("should be disposed before it starts, and twice", async () => {
    const store = new SqliteStore({
      path: "/nowhere/journal.db",
      keep: { runs: 0, age: 0, size: 0 },
      owner,
      clock: new FakeClock(),
      log: silent,
    });
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    expect(() => store.read("r1", 0, 1)).toThrow(expect.objectContaining({ code: "SLUICE_STORE_FAILED" }));
  });
});
