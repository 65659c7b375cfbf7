import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { natsServer, TestNats } from "./nats-server.ts";
import { type Break, type Machine, mayMakeNetworks, Network } from "./soak/network.ts";
import { type Condition, type Followed, SoakHost } from "./soak/soak-host.ts";
import { type Evidence, judge } from "./soak/verdict.ts";
import { within } from "./soak/within.ts";

/** `npm run soak:cluster` says so many. A seed fails, and says so, where its few runs end before their host is killed. */
const size = Number(process.env["SLUICE_SOAK"] ?? 1_000);
const seeds = (process.env["SLUICE_SEEDS"] ?? "1,2,3,4,5").split(",").map(Number);
const latency = "1s";

/** Numbers below 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A profile and a network: three hosts and three servers, each with a namespace of its own. */
async function started(witness: string) {
  const network = new Network();
  const spaces = [11, 12, 13].map((number) => network.machine(number));
  const servers = await TestNats.joined(
    spaces.map(({ address, within }) => ({ route: `nats://${address}:6222`, address, within, port: 4222 })),
  );
  const machines = [1, 2, 3].map((number) => network.machine(number));
  const env = { SOAK_LATENCY: latency, SOAK_WITNESS: witness };
  const hosts = await Promise.all(machines.map(({ within }) => SoakHost.start({ within, env })));
  for (const host of hosts) {
    await within(60_000, `host ${host.host} to see 3 hosts`, () => host.ask<number>({ name: "hosts" }), 3);
  }
  return { hosts, servers, links: { hosts: machines, servers: spaces } };
}

/** In another order, by chance. */
function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((each) => ({ each, at: random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ each }) => each);
}

/** Opens runs at every host, has each followed at each host, and resolves with their names once the queue has them. */
async function opened(hosts: readonly SoakHost[], doomed: SoakHost): Promise<readonly string[]> {
  const shares = hosts.map((host) => ({ host, count: host === doomed ? Math.floor(size / 10) : 0 }));
  const [one, other] = shares.filter(({ host }) => host !== doomed);
  if (one === undefined || other === undefined) throw new Error("there are fewer than three hosts");
  one.count = Math.floor((size - Math.floor(size / 10)) / 2);
  other.count = size - Math.floor(size / 10) - one.count;
  const runs: string[] = [];
  for (const { host, count } of shares) {
    const mine = await host.ask<readonly string[]>({ name: "open", first: runs.length, count });
    runs.push(...mine);
    // What a host has not given away yet dies with it.
    if (host === doomed) await one.host.ask({ name: "known", runs: mine });
  }
  for (const after of [0, 2]) for (const host of hosts) host.tell({ name: "follow", runs, after });
  return runs;
}

interface Chances {
  readonly doomed: number;
  readonly server: number;
  readonly link: { readonly machine: Machine; readonly host: number | undefined };
  readonly how: Break;
  readonly length: number;
}

function chancesOf(random: () => number, links: Awaited<ReturnType<typeof started>>["links"]): Chances {
  const [doomed = 0, ...others] = shuffled([0, 1, 2], random);
  const [server = 0, ...left] = shuffled([0, 1, 2], random);
  const ofHost = random() < 0.6;
  const [host = 0, place = 0] = [others[0], left[0]];
  const machine = ofHost ? links.hosts[host] : links.servers[place];
  if (machine === undefined) throw new Error("there is no such machine");
  const how = random() < 0.5 ? "vanishes" : "goes down";
  return { doomed, server, link: { machine, host: ofHost ? host : undefined }, how, length: 1_000 + random() * 9_000 };
}

/** What happens to the cluster while it works, one after the other. Resolves with when the host died. */
async function disturb(cluster: Awaited<ReturnType<typeof started>>, chances: Chances, random: () => number) {
  const { hosts, servers } = cluster;
  const doomed = hosts[chances.doomed] as SoakHost;
  const living = hosts.filter((host) => host !== doomed);
  const mostEnded = async () =>
    Math.max(...(await Promise.all(living.map((host) => host.ask<number>({ name: "ended" })))));
  const until = (share: number) =>
    within(300_000, `${Math.round(share * 100)} % of the runs to end`, mostEnded, size * share);
  await until(0.1 + random() * 0.1);
  await within(60_000, "more than 3 runs at the host that is to die", () => doomed.ask<number>({ name: "running" }), 4);
  await doomed.kill();
  const died = Date.now();
  await until(0.25 + random() * 0.1);
  // Nobody promises 10 s while servers look for another leader.
  await sleep(Math.max(0, died + 11_000 - Date.now()));
  await servers[chances.server]?.kill();
  await until(0.4 + random() * 0.1);
  if ((await mostEnded()) >= size)
    throw new Error(`all ${size} runs had ended before a link was cut: take more of them`);
  const { machine } = chances.link;
  machine.cut(chances.how);
  await sleep(chances.length);
  machine.mend();
  await until(0.8);
  return { doomed, living, died };
}

/** Those who come late: from the start, and from the middle. Then all that anybody saw. */
async function seenBy(living: readonly SoakHost[], runs: readonly string[], random: () => number): Promise<Followed[]> {
  for (const after of [0, 3]) {
    for (const each of living) {
      each.tell({ name: "follow", runs: shuffled(runs, random).slice(0, 200), after, late: true });
    }
  }
  const seen = living.map(async (each) => {
    try {
      return await each.ask<Followed[]>({ name: "results" });
    } catch (error) {
      const pending = await each.ask<string[]>({ name: "pending" });
      throw new Error(`host ${each.host} still follows ${pending.join("; ")}`, { cause: error });
    }
  });
  return (await Promise.all(seen)).flat();
}

async function disturbed(seed: number): Promise<Evidence & { readonly said: string }> {
  const random = randomOf(seed);
  const folder = mkdtempSync(join(tmpdir(), "sluice-soak-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const witness = join(folder, "executed");
  const cluster = await started(witness);
  const chances = chancesOf(random, cluster.links);
  const runs = await opened(cluster.hosts, cluster.hosts[chances.doomed] as SoakHost);
  const { doomed, living, died } = await disturb(cluster, chances, random);
  const followed = await seenBy(living, runs, random);
  const conditions = new Map<string, Condition>();
  for (const each of living) conditions.set(each.host, await each.ask<Condition>({ name: "condition" }));
  const owners = (await living[0]?.ask<string[]>({ name: "hostsOf", runs })) ?? [];
  const executed = readFileSync(witness, "utf8").matchAll(/program-(\d+) /g);
  const { link, how, length } = chances;
  const cut = link.host === undefined ? undefined : (cluster.hosts[link.host] as SoakHost).host;
  const whose = cut === undefined ? "a server's link" : "a host's link";
  const holds = [...conditions.values()].map(({ held }) => held);
  return {
    runs,
    followed,
    executed: [...executed].map(([, number]) => Number(number)),
    hosts: new Map(runs.map((run, index) => [run, owners[index] ?? ""])),
    conditions,
    ...(cut === undefined ? {} : { cut: { host: cut, length } }),
    ...{ dead: doomed.host, died },
    said: `${whose} ${how} for ${Math.round(length)} ms; event loops held for ${Math.max(...holds)} ms at most`,
  };
}

describe.skipIf(natsServer === undefined || !mayMakeNetworks())("three hosts and three servers, disturbed", () => {
  it.each(seeds)(
    "should execute every run once, and show every follower every event once: seed %i",
    async (seed) => {
      const began = performance.now();
      const { said, ...evidence } = await disturbed(seed);
      const { faults, ok, lost, ofDead, events, lostAfter, twice } = judge(evidence);
      const seconds = Math.round((performance.now() - began) / 1_000);
      const told = [
        `${evidence.runs.length} runs, ${ok} ok, ${lost} said to be lost, ${ofDead} of the dead host within ${lostAfter} ms`,
        `executed twice: ${twice.executed}, seen twice: ${twice.seen}`,
        `${events} events, ${evidence.followed.length} followers`,
        ...[said, `${seconds} s`, `${faults.length} faults`],
      ];
      process.stdout.write(`seed ${seed}: ${told.join("; ")}\n`);
      if (faults.length > 0) {
        for (const [host, { notes }] of evidence.conditions) process.stdout.write(`${host}: ${notes.join("; ")}\n`);
      }
      expect(faults.slice(0, 20)).toEqual([]);
      expect(ok + lost).toBe(size);
    },
    1_200_000,
  );
});
