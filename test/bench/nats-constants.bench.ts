import { readFileSync } from "node:fs";
import { jetstream, jetstreamManager, StorageType } from "@nats-io/jetstream";
import { connect, type NatsConnection, headers as newHeaders } from "@nats-io/transport-node";
import { onTestFinished, test } from "vitest";
import { eventually } from "../nats/cluster-kit.ts";
import { natsServer, TestNats } from "../nats/nats-server.ts";
import { alone } from "./bench-kit.ts";

/** What a server needs for one of each: the constants that docs/cluster.md reckons with. */

const many = { runs: 50_000, connections: 300, subscriptions: 50_000 };
/** Messages of the journal of a run that prints a little. */
const messages = 4;

const residentOf = (pid = 0) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

async function connected(server: TestNats): Promise<NatsConnection> {
  const connection = await connect({ servers: [server.url] });
  onTestFinished(() => connection.close());
  return connection;
}

test.skipIf(natsServer === undefined)("one run, one connection, one follower", { timeout: 600_000 }, async () => {
  const server = await TestNats.start();
  const connection = await connected(server);
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "j", subjects: ["j.*"], storage: StorageType.File, allow_direct: true });
  const stream = jetstream(connection, { timeout: 60_000 });
  const headers = newHeaders();
  for (const [name, value] of [
    ["Sluice-First", "1"],
    ["Sluice-Last", "2"],
    ["Sluice-Host", "0".repeat(36)],
    ["Sluice-Writer", "0".repeat(36)],
  ] as const) {
    headers.set(name, value);
  }
  const payload = new Uint8Array(300);
  const before = residentOf(server.pid);
  const began = performance.now();
  for (let from = 0; from < many.runs; from += 500) {
    const runs = Array.from({ length: 500 }, (_, index) => `j.r_${"0".repeat(16)}${from + index}`);
    for (let turn = 0; turn < messages; turn += 1) {
      await Promise.all(runs.map((run) => stream.publish(run, payload, { headers })));
    }
  }
  const seconds = (performance.now() - began) / 1_000;
  const { state } = await manager.streams.info("j");
  alone("messages that a server takes in a second", "/s", (many.runs * messages) / seconds, "-");
  alone("a run in the journal: memory of a server", "bytes", (residentOf(server.pid) - before) / many.runs, "-");
  alone("a run in the journal: its files", "bytes", state.bytes / many.runs, "-");

  const idle = residentOf(server.pid);
  const others = await Promise.all(Array.from({ length: many.connections }, () => connected(server)));
  alone("a host's connection: memory of a server", "bytes", (residentOf(server.pid) - idle) / others.length, "-");
  const listening = residentOf(server.pid);
  let heard = 0;
  const count = () => {
    heard += 1;
  };
  for (let number = 0; number < many.subscriptions; number += 1) {
    others[number % others.length]?.subscribe(`live.r_${"0".repeat(16)}${number}`, { callback: count });
  }
  await Promise.all(others.map((each) => each.flush()));
  alone("a watched run: memory of a server", "bytes", (residentOf(server.pid) - listening) / many.subscriptions, "-");
  const told = performance.now();
  for (let number = 0; number < many.subscriptions; number += 1) {
    connection.publish(`live.r_${"0".repeat(16)}${number}`, undefined, { headers });
  }
  await eventually(() => heard === many.subscriptions);
  alone("words that a server passes on in a second", "/s", (heard / (performance.now() - told)) * 1_000, "-");
});
