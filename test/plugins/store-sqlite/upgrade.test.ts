import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { eventsPerRun, migrations } from "../../../plugins/store-sqlite/database.ts";
import { openStore, runOf, temporaryFolder } from "./store-kit.ts";

const events = runOf("r1", 3);

/** A file as the version with so many steps left it, with one run in it. */
function fileOfFormat(format: number): string {
  const path = join(temporaryFolder(), "journal.db");
  const database = new DatabaseSync(path);
  for (const step of migrations.slice(0, format)) database.exec(step);
  const columns = "id, run, flow, session, input, status, started, ended, owner_host, owner_pid, owner_started";
  database.exec(
    `INSERT INTO runs (${columns}) VALUES (1, 'r1', 'chat', 's-r1', '{}', 'ok', '2026', '2026', 'host-1', 1, 'boot');
     PRAGMA user_version = ${format}`,
  );
  const insert = database.prepare("INSERT INTO events VALUES (?, ?)");
  for (const event of events) insert.run(eventsPerRun + event.seq, JSON.stringify(event));
  database.close();
  return path;
}

const versionOf = (path: string) => {
  using database = new DatabaseSync(path, { readOnly: true });
  return database.prepare("PRAGMA user_version").get()?.["user_version"];
};

describe("a store of another version", () => {
  it.each(migrations.map((_, step) => step + 1))("should be read and written from format %i on", async (format) => {
    const path = fileOfFormat(format);
    const store = openStore({ path });
    store.append(runOf("r2", 1));
    expect((await store.read("r1", 0, 100)).map((event) => ({ ...event }))).toEqual(events);
    expect(store.runs({}).map(({ run }) => run)).toEqual(["r2", "r1"]);
    await store[Symbol.asyncDispose]();
    expect(versionOf(path)).toBe(migrations.length);
  });

  it.each([migrations.length + 1, 99])("should be left byte for byte as it is when it has format %i", (format) => {
    const path = fileOfFormat(migrations.length);
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version = ${format}`);
    database.close();
    const before = readFileSync(path);
    expect(() => openStore({ path })).toThrow(expect.objectContaining({ code: "SLUICE_STORE_NEWER" }));
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});
