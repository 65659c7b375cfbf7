import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createHost } from "../../../core/index.ts";
import type { Command, Condition, Followed } from "./soak-host.ts";

/** A host of the soak: it reads commands, one JSON a line, and answers each with one. Its followers look at every event. */
const host = await createHost({ profile: process.argv[2] ?? "", transports: true, terminal: false });
const following: Promise<Followed>[] = [];
const over = new Set<string>();
/** Followers that have not seen an end, by what they wait for. */
const pending = new Set<string>();

/** As a client does that knows a run's name: it asks again where the servers cannot be asked now. */
async function untilFound(run: string): Promise<void> {
  for (;;) {
    const found = await host.runs.find(run).catch(() => undefined);
    if (found !== undefined || (await host.journal.has(run).catch(() => false))) return;
    await sleep(250);
  }
}

async function follow(run: string, after: number, late: boolean): Promise<Followed> {
  const name = `${run} after ${after}${late ? ", late" : ""}`;
  pending.add(`${name}: to be found`);
  await untilFound(run);
  pending.delete(`${name}: to be found`);
  pending.add(name);
  const hashes: string[] = [];
  const faults: string[] = [];
  let [last, type, status, ended] = [after, "", "", 0];
  try {
    for await (const page of host.journal.follow(run, after)) {
      if (page.kind === "gap") {
        faults.push(`a gap from ${page.from} to ${page.to}`);
        last = page.to;
        continue;
      }
      for (const { event } of page.entries) {
        if (event.seq !== last + 1) faults.push(`${event.seq} came after ${last}`);
        if (type === "run-end") faults.push(`${event.type} came after the end`);
        last = event.seq;
        type = event.type;
        hashes.push(createHash("sha1").update(JSON.stringify(event)).digest("hex").slice(0, 8));
        if (event.type !== "run-end") continue;
        status = event.data.status;
        ended = Date.now();
      }
    }
  } catch (error) {
    faults.push(`it ended with ${error}`);
  }
  over.add(run);
  pending.delete(name);
  return { run, after, late, at: host.info.host, hashes, faults, status, ended };
}

const notes: string[] = [];
const note = (what: string) => notes.push(`${new Date().toISOString().slice(11, 23)} ${what}`);
let status = "ok";
host.status$.subscribe((all) => {
  const store = all.find(({ id }) => id === "store")?.status ?? "ok";
  if (store !== status) note(`the store is ${store}`);
  status = store;
});
/** What this host knows of the others, and how long its own event loop was held: evidence where a run was lost. */
let [held, looked] = [0, performance.now()];
const silent = new Set<string>();
setInterval(() => {
  const late = performance.now() - looked - 250;
  looked = performance.now();
  held = Math.max(held, late);
  if (late > 1_000) note(`the event loop was held for ${Math.round(late)} ms`);
  for (const { host: id, seen } of host.cluster?.hosts ?? []) {
    if (seen < 3_000) {
      silent.delete(id);
      continue;
    }
    if (!silent.has(id)) note(`${id} was not heard for ${seen} ms`);
    silent.add(id);
  }
}, 250).unref();

const answers: { readonly [Name in Command["name"]]: (command: Extract<Command, { name: Name }>) => unknown } = {
  hosts: () => host.cluster?.hosts.length ?? 0,
  running: () => host.cluster?.hosts.find(({ own }) => own)?.running ?? 0,
  condition: () => ({ held: Math.round(held), notes }) satisfies Condition,
  open: ({ first, count }) =>
    Array.from({ length: count }, (_, index) => {
      return host.runs.open({ flow: "run", input: { code: `program-${first + index}`, language: "python" } }).run;
    }),
  known: async ({ runs }) => void (await Promise.all(runs.map(untilFound))),
  follow: ({ runs, after, late = false }) => void following.push(...runs.map((run) => follow(run, after, late))),
  ended: () => over.size,
  pending: () => [...pending].slice(0, 5),
  results: async () => Promise.all(following),
  hostsOf: async ({ runs }) =>
    Promise.all(runs.map(async (run) => (await host.runs.list({ run, limit: 1 }))[0]?.host ?? "")),
};

const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function answer(id: number, command: Command): Promise<void> {
  try {
    say({ id, value: await (answers[command.name] as (asked: Command) => unknown)(command) });
  } catch (error) {
    say({ id, error: String(error) });
  }
}

say({ id: 0, value: host.info.host });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, command } = JSON.parse(line) as { id: number; command: Command };
  void answer(id, command);
}
await host.close({ drain: 0 });
