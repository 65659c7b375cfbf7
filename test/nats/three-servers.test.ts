import { type ClusterInfo, type ConsumerInfo, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { clusterHost, seqs, upTo, whole } from "./cluster-kit.ts";
import { natsServer, TestNats } from "./nats-server.ts";

const input = { text: "go" };

/** The server that orders the journals, by its name. */
async function leaderOf(urls: readonly string[]): Promise<string | undefined> {
  await using connection = await connect({ servers: [...urls] });
  const { cluster, config } = await (await jetstreamManager(connection)).streams.info("sluice-journal");
  expect(config.num_replicas).toBe(3);
  return cluster?.leader;
}

/**
 * Which copies of what the servers keep are behind its leader. One that has just come back does not count yet: while it has
 * nothing of a group that was made meanwhile, the servers choose no leader by its vote, and wait for the one that is gone.
 */
async function behind(urls: readonly string[]): Promise<readonly string[]> {
  await using connection = await connect({ servers: [...urls] });
  const manager = await jetstreamManager(connection);
  const copies = (what: string, cluster: ClusterInfo | undefined) => {
    const current = cluster?.replicas?.filter((each) => each.current && !each.offline) ?? [];
    return current.length === 2 ? [] : [`${what}, led by ${cluster?.leader}: ${JSON.stringify(cluster?.replicas)}`];
  };
  const found: string[] = [];
  for await (const { config, state, cluster } of manager.streams.list()) {
    found.push(...copies(config.name, cluster));
    const consumers: ConsumerInfo[] = [];
    for await (const consumer of manager.consumers.list(config.name)) consumers.push(consumer);
    if (consumers.length !== state.consumer_count) found.push(`a consumer of ${config.name}, led by nobody`);
    // What one connection follows is at one server, and is made anew elsewhere.
    const kept = consumers.filter((each) => each.config.durable_name !== undefined);
    for (const { name, cluster: own } of kept) found.push(...copies(`${config.name} ${name}`, own));
  }
  return found;
}

describe.skipIf(natsServer === undefined)("hosts at a cluster of three servers", () => {
  it("should lose nothing when the server that leads dies while runs are opened and go on", async () => {
    const servers = await TestNats.cluster(3);
    const urls = servers.map(({ url }) => url);
    const config = (capacity: number) => ({ capacity, replicas: 3, delay: "10ms", silence: "30s" });
    const giver = await clusterHost(urls, config(0));
    await Promise.all([1, 2].map(() => clusterHost(urls.toReversed(), config(10))));
    const leader = servers[Number((await leaderOf(urls))?.slice(1))];
    const runs = Array.from({ length: 12 }, () => giver.runs.open({ input }));
    const reading = runs.map(({ run }) => whole(giver, run));
    await leader?.kill();
    for (const events of await Promise.all(reading)) {
      expect(seqs(events)).toEqual(upTo(events.length));
      expect(events.filter(({ type }) => type === "error")).toEqual([]);
      expect(events.at(-1)).toMatchObject({ type: "run-end", data: { status: "ok" } });
    }
    expect(leader).toBeDefined();
  });

  it("should list every run whichever server dies", async () => {
    const servers = await TestNats.cluster(3);
    const urls = servers.map(({ url }) => url);
    const host = await clusterHost(urls, { replicas: 3, silence: "30s", script: ["Hello."], repeat: true });
    const runs: string[] = [];
    for (const server of servers) {
      await host.runs.list();
      await server.kill();
      const { run } = host.runs.open({ input });
      runs.unshift(run);
      await whole(host, run);
      // A list may be refused while the servers look for a leader.
      await expect.poll(async () => (await host.runs.list()).map((each) => each.run)).toEqual(runs);
      await server.start();
      await expect.poll(() => behind(urls)).toEqual([]);
    }
  });
});
