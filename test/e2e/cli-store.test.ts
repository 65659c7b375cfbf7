import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { type Ended, ended, events, Place, stop } from "./cli-kit.ts";

const profile = `version: 1
plugins:
  script: { use: llm-scripted, with: { delay: 700ms, script: ["one two three four five six seven eight nine ten"] } }
  wire: { use: websocket, with: { listen: "127.0.0.1:0" } }
flows: { chat: script, run: script }
`;

const journal = (place: Place) => join(place.home, "data", "journal.db");

/** Does something to the store once the first words of an answer are seen. */
async function during(place: Place, args: readonly string[], act: () => void): Promise<Ended> {
  const child = place.start(args);
  const end = ended(child);
  if (child.stdout !== null) await once(child.stdout, "data");
  act();
  return end;
}

function lockOf(place: Place): () => Disposable {
  return () => {
    const other = new DatabaseSync(journal(place));
    other.exec("PRAGMA busy_timeout = 5000; BEGIN EXCLUSIVE");
    return { [Symbol.dispose]: () => other.close() };
  };
}

describe("a store that fails while a command runs", () => {
  it("should be told at once, and be an exit code, while the answer is whole", async () => {
    await using place = new Place(profile);
    let held: Disposable | undefined;
    const ask = await during(place, ["ask", "hi"], () => {
      held = lockOf(place)();
    });
    held?.[Symbol.dispose]();
    expect(ask.stdout).toBe("one two three four five six seven eight nine ten\n");
    expect(ask.stderr).toMatch(/^warning\[SLUICE_STORE_FAILED\]: waiting for .*journal\.db/);
    expect(ask.stderr.match(/is locked/g)).toHaveLength(1);
    expect(ask.stderr).toMatch(
      /error\[SLUICE_RUN_NOT_STORED\]: the run r_\w+ took place, and is not whole in the store\n {2}= /,
    );
    expect(ask.code).toBe(69);
  });

  it("should leave no trace when it works again before the end", async () => {
    await using place = new Place(profile);
    const ask = await during(place, ["ask", "hi"], () => {
      for (const end of ["", "-wal", "-shm"]) rmSync(journal(place) + end, { force: true });
    });
    expect(ask.stderr).toContain("warning[SLUICE_STORE_REPLACED]");
    expect(ask.stderr).toContain("the store works again");
    expect(ask.code).toBe(0);
    const runs = await place.run(["runs", "--json"]);
    expect(runs.stdout).toContain('"status":"ok"');
  });

  it("should be told by a host that is up, to whoever asks it and in doctor", async () => {
    await using place = new Place(profile);
    const { child } = await place.up();
    const told: string[] = [];
    child.stderr?.on("data", (chunk: Buffer) => told.push(chunk.toString()));
    let held: Disposable | undefined;
    const ask = await during(place, ["ask", "--json", "hi"], () => {
      held = lockOf(place)();
    });
    const doctor = await place.run(["doctor"]);
    held?.[Symbol.dispose]();
    expect(ask.code).toBe(69);
    expect(ask.stderr).toContain("warning[SLUICE_STORE_FAILED]");
    expect(events(ask.stdout).at(-1)).toMatchObject({ type: "error", data: { code: "SLUICE_RUN_NOT_STORED" } });
    expect(told.join("")).toContain("database is locked");
    expect(doctor.stdout).toMatch(/FAIL {2}store: degraded since .*\n.*database is locked/);
    expect(doctor.code).toBe(69);
    await stop(child, "SIGINT");
  });
});

describe("a store that fails at the start", () => {
  it("should end the command before anything runs, with a cure", async () => {
    await using place = new Place(profile);
    mkdirSync(join(place.home, "data"));
    writeFileSync(journal(place), "somebody else's ".repeat(1_000));
    const ask = await place.run(["ask", "hi"]);
    expect([ask.code, ask.stdout]).toEqual([69, ""]);
    expect(ask.stderr).toMatch(/error\[SLUICE_STORE_FAILED\]: .*not a database\n {2}= Move the file away/);
    expect((await place.run(["doctor"])).stdout).toContain("FAIL  store: ");
  });

  it("should be left out with a word where nobody asked for it and nothing can be written", async () => {
    await using place = new Place(profile);
    // A file in the place of the folder stops root too.
    writeFileSync(join(place.home, "data"), "");
    const ask = await place.run(["ask", "hi"]);
    expect([ask.code, ask.stdout]).toEqual([0, "one two three four five six seven eight nine ten\n"]);
    expect(ask.stderr).toContain("store could not start, and runs are in memory alone");
    place.write("own.yaml", profile.replace("  wire", "  store: { use: store-sqlite }\n  wire"));
    expect(await place.run(["ask", "-p", "own.yaml", "hi"])).toMatchObject({ code: 69, stdout: "" });
  });

  it("should say that a host cannot keep its address, where the state folder cannot be written", async () => {
    await using place = new Place(profile);
    writeFileSync(join(place.home, "state"), "");
    const up = await place.run(["up"]);
    expect(up.code).toBe(69);
    expect(up.stderr).toContain("error[SLUICE_HOME_NOT_WRITABLE]");
  });
});
