/** Appends to the journal at argv[2] until it is killed, and says on stdout how much readers have seen. */
import { writeSync } from "node:fs";
import { Journals } from "../../../core/journal/journal.ts";
import { systemClock } from "../../../core/kit/timing/system-clock.ts";
import { SqliteStore } from "../../../plugins/store-sqlite/sqlite-store.ts";

const store = new SqliteStore({
  path: process.argv[2] ?? "",
  keep: { runs: 0, age: 0, size: 0 },
  owner: { host: "child", pid: process.pid, started: "child" },
  clock: systemClock,
  log: { level: "fatal", trace() {}, debug() {}, info() {}, warn() {}, error() {} },
});
store.start();
const journals = new Journals({ clock: systemClock });
journals.attach(store);
journals.open("r1");
journals.append("r1", { source: "core", type: "run-start", data: { flow: "f", session: "s", input: {} } });
const produce = () => {
  journals.append("r1", { source: "gpt", type: "text-delta", data: { text: "word " } });
  setImmediate(produce);
};
produce();
for await (const page of journals.follow("r1"))
  if (page.kind === "events") writeSync(1, `${page.entries.at(-1)?.event.seq}\n`);
