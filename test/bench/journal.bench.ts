import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import type { Emission } from "../../core/contract/index.ts";
import { Journals } from "../../core/journal/journal.ts";
import { systemClock } from "../../core/kit/timing/system-clock.ts";
import { SqliteStore } from "../../plugins/store-sqlite/sqlite-store.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const quiet = { level: "fatal" as const, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const store = new SqliteStore({
  path: join(folder, "journal.db"),
  keep: { runs: 0, age: 0, size: 0 },
  owner: { host: "bench", pid: process.pid, started: "bench" },
  clock: systemClock,
  log: quiet,
});
store.start();
const stored = new Journals({ clock: systemClock });
stored.attach(store);
const inMemory = new Journals({ clock: systemClock });

afterAll(async () => {
  await stored[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const events = 2_000;
const first: Emission = {
  source: "core",
  type: "run-start",
  data: { flow: "chat", session: "s", input: { text: "hi" } },
};
const delta: Emission = { source: "gpt", type: "text-delta", data: { text: "hello world " } };
const last: Emission = {
  source: "core",
  type: "run-end",
  data: { status: "ok", usage: { inputTokens: 0, outputTokens: 0 }, cost: { amount: null, currency: "USD" } },
};
let runs = 0;

/** Appends a run of so many events, a few in each turn of the event loop, while `followers` read its JSON to the end. */
async function through(journals: Journals, followers: number): Promise<void> {
  const run = `r${runs++}`;
  journals.open(run);
  const reading = Array.from({ length: followers }, async () => {
    let bytes = 0;
    for await (const page of journals.follow(run))
      if (page.kind === "events") for (const entry of page.entries) bytes += entry.json.length;
    return bytes;
  });
  journals.append(run, first);
  for (let index = 0; index < events; index++) {
    journals.append(run, delta);
    if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  journals.append(run, last);
  await Promise.all(reading);
}

test(`a run of ${events} deltas, read to its end`, async ({ bench }) => {
  await bench.compare(
    bench("floor: a bare array and JSON.stringify", async () => {
      const array: unknown[] = [];
      let bytes = 0;
      for (let index = 0; index < events; index++) {
        array.push({ run: "r", seq: index, time: new Date().toISOString(), ...delta });
        bytes += JSON.stringify(array.at(-1)).length;
        if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      if (bytes === 0) throw new Error("nothing was written");
    }),
    bench("journal in memory, one follower", () => through(inMemory, 1)),
    bench("journal with store-sqlite, one follower", () => through(stored, 1)),
    bench("journal with store-sqlite, 100 followers", () => through(stored, 100)),
  );
});

test("from append to a follower that waits", async ({ bench }) => {
  const delivery = (journals: Journals) => {
    const run = `r${runs++}`;
    journals.open(run);
    journals.append(run, first);
    const follower = journals.follow(run, 1);
    return async () => {
      const next = follower.next();
      journals.append(run, delta);
      await next;
    };
  };
  await bench.compare(
    bench("floor: setImmediate", () => new Promise<void>((resolve) => setImmediate(resolve))),
    bench("journal in memory", delivery(inMemory)),
    bench("journal with store-sqlite", delivery(stored)),
  );
});
