import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { HostOwner, Logger } from "../../../core/contract/index.ts";
import { Journals } from "../../../core/journal/journal.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { heldRunsStay, keptRuns } from "../hold-cases.ts";
import { openStore, runOf, temporaryFolder } from "./store-kit.ts";

/** As a host in a container sees itself: each has number 1. */
const inContainer = (host: string): HostOwner => ({ host, pid: 1, started: `boot/${host}` });
const kept = (store: { runs(query: object): readonly { run: string }[] }) => store.runs({}).map(({ run }) => run);

/** A log that can be read. */
function spoken(): { readonly lines: string[]; readonly log: Logger } {
  const lines: string[] = [];
  const say = (message: string) => void lines.push(message);
  return { lines, log: { level: "info", trace() {}, debug() {}, info: say, warn: say, error: say } };
}

describe("hosts that share a file from different containers", () => {
  it("should be alive to each other while they are up, whatever number their process has", async () => {
    const path = join(temporaryFolder(), "journal.db");
    const [one, other] = ["one", "other"].map((host) => openStore({ path, owner: inContainer(host) }));
    expect(other?.isAlive(inContainer("one"))).toBe(true);
    expect(one?.isAlive(inContainer("other"))).toBe(true);
    await one?.[Symbol.asyncDispose]();
    expect(other?.isAlive(inContainer("one"))).toBeUndefined();
    expect(readdirSync(`${path}-hosts`)).toEqual(["other"]);
  });

  it("should be dead when it was killed, and its runs lost then and not before", async () => {
    const path = join(temporaryFolder(), "journal.db");
    const script = new URL("./append-forever.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const clock = new FakeClock();
    const store = openStore({ path, clock, owner: inContainer("watcher") });
    const journals = new Journals({ clock });
    journals.attach(store);
    // By its number the process is another's, and so nobody's.
    expect(await journals.recover(() => false)).toEqual([]);
    expect(store.isAlive({ host: "child", pid: 1, started: "" })).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(store.isAlive({ host: "child", pid: process.pid, started: "" })).toBe(false);
    const ends = await journals.recover(() => true);
    expect(ends.map(({ run, data }) => `${run} ${data.status}`)).toEqual(["r1 lost"]);
    await journals[Symbol.asyncDispose]();
  });

  it("should take no name out of the file for a path", () => {
    const folder = temporaryFolder();
    const store = openStore({ path: join(folder, "journal.db") });
    for (const host of ["../../etc/passwd", "", "/", "a\0b"])
      expect(store.isAlive({ host, pid: 1, started: "" })).toBeUndefined();
    expect(existsSync(join(folder, "journal.db-hosts"))).toBe(true);
  });
});

describe("retention", () => {
  it("should leave runs alone that any host reads, as every store, and take them then", async () => {
    const path = join(temporaryFolder(), "journal.db");
    const keep = { runs: keptRuns, age: 0, size: 0 };
    const [one, other] = ["one", "other"].map((host) => openStore({ path, keep, owner: inContainer(host) }));
    if (one !== undefined && other !== undefined) await heldRunsStay(one, other);
  });

  it("should leave a run alone while somebody reads it, say so, and take it then", async () => {
    const clock = new FakeClock();
    const { lines, log } = spoken();
    const store = openStore({ clock, log, keep: { runs: 2, age: 0, size: 0 } });
    for (let index = 0; index < 6; index += 1) store.append(runOf(`r${index}`, 3));
    const [first, again] = [store.hold("r1"), store.hold("r1")];
    const unknown = store.hold("r_nobody");
    await clock.advance(10_000);
    await expect.poll(() => kept(store)).toEqual(["r5", "r4", "r1"]);
    expect(store.read("r1", 0, 10)).toHaveLength(5);
    await expect.poll(() => lines.join()).toContain("1 old run stays in");
    first();
    first();
    unknown();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(kept(store)).toContain("r1");
    again();
    await expect.poll(() => kept(store)).toEqual(["r5", "r4"]);
  });

  it.each([
    ["too many", { runs: 1, age: 0, size: 0 }],
    ["too old", { runs: 0, age: 1, size: 0 }],
    ["too large", { runs: 0, age: 0, size: 1 }],
  ])("should leave what another host reads alone, of runs that are %s, while that lives", async (_, keep) => {
    const path = join(temporaryFolder(), "journal.db");
    const clock = new FakeClock(Date.UTC(2026, 5, 1));
    const store = openStore({ path, clock, owner: inContainer("pruner"), keep });
    for (let index = 0; index < 3; index += 1) store.append(runOf(`r${index}`, 300));
    const reader = openStore({ path, owner: inContainer("reader") });
    reader.hold("r0");
    await clock.advance(10_000);
    await expect.poll(() => kept(store)).not.toContain("r1");
    expect(kept(store)).toContain("r0");
    expect(store.read("r0", 0, 1_000)).toHaveLength(302);
    await reader[Symbol.asyncDispose]();
    const next = openStore({ path, clock, owner: inContainer("next"), keep: { runs: 0, age: 1, size: 0 } });
    await clock.advance(10_000);
    await expect.poll(() => kept(next)).not.toContain("r0");
  });

  it("should let a slow reader read to the end, without a hole", async () => {
    const clock = new FakeClock();
    const store = openStore({ clock, keep: { runs: 1, age: 0, size: 0 } });
    store.append(runOf("slow", 2_000));
    const journals = new Journals({ clock });
    journals.attach(store);
    const pages = journals.follow("slow");
    const first = await pages.next();
    for (let index = 0; index < 120; index += 1) store.append(runOf(`r${index}`, 1));
    await expect.poll(() => kept(store).length).toBeLessThan(30);
    let events = first.value?.kind === "events" ? first.value.entries.length : 0;
    for await (const page of pages) {
      expect(page.kind).toBe("events");
      if (page.kind === "events") events += page.entries.length;
    }
    expect(events).toBe(2_002);
    for (let index = 0; index < 120; index += 1) store.append(runOf(`s${index}`, 1));
    await expect.poll(() => kept(store)).not.toContain("slow");
    await journals[Symbol.asyncDispose]();
  });

  it("should not keep what a host held that was killed", async () => {
    const path = join(temporaryFolder(), "journal.db");
    const clock = new FakeClock();
    const store = openStore({ path, clock, owner: inContainer("pruner"), keep: { runs: 1, age: 0, size: 0 } });
    for (let index = 0; index < 3; index += 1) store.append(runOf(`r${index}`, 3));
    const code = `
      import { DatabaseSync } from "node:sqlite";
      const file = new DatabaseSync(${JSON.stringify(path)});
      file.exec("INSERT INTO holds SELECT id, 'killed' FROM runs");
      process.kill(process.pid, "SIGKILL");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "ignore" });
    await once(child, "exit");
    await clock.advance(10_000);
    await expect.poll(() => kept(store)).toEqual(["r2"]);
  });
});
