import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { onTestFinished, test } from "vitest";
import { createHost, type Host } from "../../core/index.ts";
import { eventually, home, hostProcess, untilSeen } from "../nats/cluster-kit.ts";
import { natsServer, TestNats } from "../nats/nats-server.ts";
import { alone, quantile, tell } from "./bench-kit.ts";

/** Runs of a cluster: what more hosts give, and what the servers cost beside SQLite. Each figure beside its floor, in one run. */

const box = new URL("../fixtures/custom/latent-box", import.meta.url).pathname;
/** Programs wait, and compute nothing: so two cores are enough for three hosts. */
const [capacity, latency, rounds] = [8, "4s", 3];
const words = "Word after word after word. ".repeat(400);

const flows = { run: "box", chat: "words", slow: "pause" };
const instances = {
  box: { use: box, with: { latency } },
  words: { use: "llm-scripted", with: { script: [words], chunk: 4, delay: "0s", repeat: true } },
  pause: { use: "llm-scripted", with: { script: [words.slice(0, 800)], chunk: 4, delay: "5ms", repeat: true } },
};

function shared(url: string, room: number) {
  const store = { use: "store-nats", with: { servers: [url] } };
  const queue = { use: "queue-nats", with: { store: "store", capacity: room } };
  return { version: 1, plugins: { store, queue, ...instances }, flows };
}

async function host(config: unknown): Promise<Host> {
  const own = await createHost({ config, transports: true, env: home(), terminal: false });
  onTestFinished(() => own.close({ drain: 0 }));
  return own;
}

test.skipIf(natsServer === undefined)("runs a second by the number of hosts", { timeout: 600_000 }, async () => {
  const server = await TestNats.start();
  const giver = await host(shared(server.url, 0));
  const ideal = capacity / (Number.parseFloat(latency) || 1);
  let one = 0;
  for (const count of [1, 2, 3]) {
    await hostProcess(shared(server.url, capacity));
    await untilSeen(giver, count + 1);
    const open = (runs: number) =>
      Promise.all(
        Array.from({ length: runs }, (_, number) => {
          return giver.runs.open({ flow: "run", input: { code: `program-${number}`, language: "python" } }).done;
        }),
      );
    await open(capacity * count);
    const runs = capacity * count * rounds;
    const began = performance.now();
    await open(runs);
    const rate = runs / ((performance.now() - began) / 1_000);
    one ||= rate;
    tell(`runs a second, hosts: ${count}, beside one host's times that`, "/s", one * count, rate, ">= 0.9 x");
    alone(`  beside what the sandboxes alone would allow, ${ideal * count}/s`, "x", rate / (ideal * count), "-");
  }
});

interface Figures {
  readonly rate: number;
  readonly first: number;
  readonly delays: readonly number[];
}

/** Events a second of one run that goes as fast as it can, and how late a reader sees events of one that does not. */
async function figuresOf(opener: Host, reader: Host): Promise<Figures> {
  const rates: number[] = [];
  const firsts: number[] = [];
  const delays: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now();
    const fast = opener.runs.open({ flow: "chat", input: { text: "go" } });
    let events = 0;
    for await (const _ of opener.journal.follow(fast.run)) if (_.kind === "events") events += _.entries.length;
    rates.push(events / ((performance.now() - began) / 1_000));
    const opened = performance.now();
    const slow = opener.runs.open({ flow: "slow", input: { text: "go" } });
    await eventually(async () => (await reader.runs.find(slow.run)) !== undefined);
    for await (const page of reader.journal.follow(slow.run)) {
      if (page.kind !== "events") continue;
      for (const { event } of page.entries) {
        if (event.seq === 1) firsts.push(performance.now() - opened);
        if (event.type === "text-delta") delays.push(Date.now() - Date.parse(event.time));
      }
    }
  }
  return { rate: quantile(rates, 0.5), first: quantile(firsts, 0.5), delays };
}

/** Milliseconds until a server has kept a bare message, as often as the runs above write one: no event can be seen before. */
async function bareDelays(url: string): Promise<readonly number[]> {
  const connection = await connect({ servers: [url] });
  onTestFinished(() => connection.close());
  await (await jetstreamManager(connection)).streams.add({ name: "bare", subjects: ["bare"] });
  const stream = jetstream(connection);
  const delays: number[] = [];
  for (let message = 0; message < 1_000; message += 1) {
    const began = performance.now();
    await stream.publish("bare", new Uint8Array(300));
    delays.push(performance.now() - began);
    await sleep(5);
  }
  return delays;
}

test.skipIf(natsServer === undefined)("one host, beside SQLite", { timeout: 600_000 }, async () => {
  const server = await TestNats.start();
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const sqlite = { use: "store-sqlite", with: { path: join(folder, "runs.db") } };
  const single = await host({ version: 1, plugins: { store: sqlite, ...instances }, flows });
  const cluster = await host(shared(server.url, capacity));
  const other = await host(shared(server.url, 0));
  await untilSeen(cluster, 2);
  for (const own of [single, cluster]) await own.runs.open({ flow: "chat", input: { text: "warm" } }).done;
  const floor = await figuresOf(single, single);
  const ours = await figuresOf(cluster, cluster);
  const there = await figuresOf(cluster, other);
  const bare = await bareDelays(server.url);
  tell("events a second of one run", "/s", floor.rate, ours.rate, "-");
  tell("until the first event, p50", "ms", floor.first, ours.first, "-");
  for (const share of [0.5, 0.99]) {
    const at = ({ delays }: Figures) => quantile(delays, share);
    alone(`an event, until it is seen with SQLite, p${share * 100}`, "ms", at(floor), "-");
    const kept = quantile(bare, share);
    tell(
      `an event, until it is seen at its host, beside a bare message kept, p${share * 100}`,
      "ms",
      kept,
      at(ours),
      "-",
    );
    tell(`an event, until it is seen at another host, beside that, p${share * 100}`, "ms", kept, at(there), "-");
  }
});
