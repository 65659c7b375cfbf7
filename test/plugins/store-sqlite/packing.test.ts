import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/index.ts";
import { openStore, runOf, temporaryFolder } from "./store-kit.ts";

function outputOf(run: string, count: number, text: string): RunEvent[] {
  const [start, ...rest] = runOf(run, 0);
  const output = Array.from({ length: count }, (_, index) => ({
    ...{ run, seq: index + 2, time: "2026-01-01T00:00:00.000Z", source: "box", type: "exec-stdout" },
    data: { text: `${index} ${text}`, offset: 0 },
  }));
  return [start, ...output, ...rest.map((event) => ({ ...event, seq: count + 2 }))] as RunEvent[];
}

describe("large events in store-sqlite", () => {
  const text = 'a line with "quotes", \\ and é\n'.repeat(1_000);

  it("should come back equal, from a file that is a fraction of them", async () => {
    const store = openStore();
    const events = outputOf("r1", 200, text);
    store.append(events);
    expect((await store.read("r1", 0, 1_000)).map((event) => ({ ...event }))).toEqual(events);
    await store[Symbol.asyncDispose]();
    expect(statSync(store.path).size).toBeLessThan((200 * text.length) / 10);
  });

  it("should be packed elsewhere where that takes long, and written in their order", async () => {
    const store = openStore();
    const noise = Array.from({ length: 40_000 }, () => Math.random().toString(36)).join("");
    const events = [...outputOf("r1", 2, noise), ...outputOf("r2", 1, "small")];
    const writing = store.append(events);
    expect(writing).toBeInstanceOf(Promise);
    expect(await store.read("r1", 0, 10)).toEqual([]);
    await writing;
    expect((await store.read("r1", 0, 10)).map((event) => ({ ...event }))).toEqual(events.slice(0, 4));
    expect(store.append(outputOf("r3", 1, "small"))).toBeUndefined();
    await store[Symbol.asyncDispose]();
  });

  it("should be read back one in a turn of the event loop, in their order", async () => {
    const store = openStore();
    const events = outputOf("r1", 4, "x".repeat(2_000_000));
    await store.append(events);
    let turns = 0;
    let reading = true;
    const count = () => {
      turns += 1;
      if (reading) setImmediate(count);
    };
    setImmediate(count);
    const read = await store.read("r1", 0, 10);
    reading = false;
    expect(read.map((event) => ({ ...event }))).toEqual(events);
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  it("should be refused with the file's name where they are broken", async () => {
    const store = openStore();
    const events = outputOf("r1", 1, "x".repeat(2_000_000));
    await store.append(events);
    const database = new DatabaseSync(store.path);
    const cut = "UPDATE events SET event = substr(event, 1, length(event) - 20) WHERE typeof(event) = 'blob'";
    expect(database.prepare(cut).run().changes).toBe(1);
    database.close();
    await expect(Promise.resolve(store.read("r1", 0, 10))).rejects.toMatchObject({ code: "SLUICE_STORE_FAILED" });
  });

  it("should be found in a file of the version before, beside what is written now", async () => {
    const path = join(temporaryFolder(), "journal.db");
    const before = outputOf("r1", 3, text);
    const database = new DatabaseSync(path);
    database.exec(
      `CREATE TABLE runs (
         id INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, flow TEXT NOT NULL, session TEXT NOT NULL,
         input TEXT NOT NULL, status TEXT NOT NULL, started TEXT NOT NULL, ended TEXT, exit_code INTEGER, usage TEXT,
         owner_host TEXT NOT NULL, owner_pid INTEGER NOT NULL, owner_started TEXT NOT NULL
       ) STRICT;
       CREATE INDEX runs_unfinished ON runs (id) WHERE status = 'running';
       CREATE TABLE events (id INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT;
       INSERT INTO runs VALUES (1, 'r1', 'chat', 's-r1', '{}', 'ok', '2026', '2026', 0, '{}', 'host-1', 1, 'boot');
       PRAGMA user_version = 1`,
    );
    const insert = database.prepare("INSERT INTO events VALUES (?, ?)");
    for (const event of before) insert.run(2 ** 26 + event.seq, JSON.stringify(event));
    database.close();

    const store = openStore({ path });
    const now = outputOf("r2", 3, text);
    store.append(now);
    expect((await store.read("r1", 0, 100)).map((event) => ({ ...event }))).toEqual(before);
    expect((await store.read("r2", 0, 100)).map((event) => ({ ...event }))).toEqual(now);
    expect(store.runs({}).map(({ run, lastSeq }) => [run, lastSeq])).toEqual([
      ["r2", 5],
      ["r1", 5],
    ]);
  });
});
