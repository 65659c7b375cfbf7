import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServers, type Planted } from "./fake-servers.ts";
import { disturbedWorlds, outcomeOf } from "./silence.ts";
import { SimulatedHost } from "./simulated-host.ts";
import { type PlantedSilence, SteppedTime } from "./timed-cluster.ts";

const run = "r1";
const names = ["a", "b", "c"];
/** Of each number of attempts, and at most for each planted fault; `npm run soak:ownership` has more. */
const interleavings = Number(process.env["SLUICE_INTERLEAVINGS"] ?? 400);
/** Moves with faults, and most of those after them until the run has ended. */
const steps = { disturbed: 150, healed: 3_000 };

beforeEach(() => {
  // Time goes on as often as it is asked for: so the same choices give the same world.
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 300;
    return now;
  });
});
afterEach(() => vi.restoreAllMocks());

/** What is wrong with the journal of the run; undefined where nothing is. */
function faultOf(servers: FakeServers, works: readonly string[], attempts: number): string | undefined {
  let [owner, begun, ended] = ["", 0, ""];
  for (const { header, data } of servers.journal.get(run) ?? []) {
    const host = header.get("Sluice-Host");
    const writes = Buffer.from(data).toString();
    if (ended !== "") return `${host} wrote after ${ended}: ${writes}`;
    for (const { type, data: told, seq } of writes.split("\n").map((line) => JSON.parse(line))) {
      if (type === "run-start" || type === "rewind") [owner, begun] = [host, begun + 1];
      else if (told.status !== "lost" && host !== owner) return `${type} ${seq} of ${host} in a run of ${owner}`;
      if (type === "run-end") ended = `the end by ${host}`;
    }
  }
  if (begun > attempts) return `${begun} hosts began it, and ${attempts} may`;
  if (works.length > begun) return `${works.length} hosts worked (${works}), and the journal knows ${begun}`;
  const seqs = servers.events(run).map(({ seq }) => seq);
  return seqs.every((seq, index) => seq === index + 1) ? undefined : `its events are ${seqs}`;
}

/** How runs came out, so that a test sees that much happened. */
const outcomes = { lost: 0, repeated: 0 };

interface Interleaving {
  readonly scheduler: fc.Scheduler;
  readonly coins: readonly boolean[];
  readonly attempts: number;
  readonly planted: Planted;
}

/** Three hosts, one run; deaths, cuts and wrong verdicts come in any order with all else. Then nothing breaks any more. */
async function explored({ scheduler, coins, attempts, planted }: Interleaving): Promise<string | undefined> {
  const servers = new FakeServers(planted);
  const works: string[] = [];
  let [asked, healed] = [0, false];
  const misjudged = new Set<string>();
  const chance = () => {
    asked += 1;
    return coins[asked % coins.length] === true && !healed;
  };
  const hosts: SimulatedHost[] = names.map((id) => {
    const alive = (host: string) => hosts.some((each) => each.id === host && !each.dead) && !misjudged.has(host);
    const worked = (_: string, host: string) => void works.push(host);
    return new SimulatedHost(id, { scheduler, servers, planted, chance, alive, worked });
  });
  const [one, two, three] = hosts as [SimulatedHost, SimulatedHost, SimulatedHost];
  servers.push(run, Buffer.from(JSON.stringify({ run, flow: "chat", client: "c", priority: "normal", attempts })));
  for (const host of hosts) void host.start();
  const faults: readonly (readonly [string, () => unknown])[] = [
    ["a dies", () => (one.dead = true)],
    ["b is cut off", () => two.cut()],
    ["b is back", () => (two.linked = true)],
    ["c is cut off", () => three.cut()],
    ["c is back", () => (three.linked = true)],
    ["b is taken for dead", () => misjudged.add("b")],
    ["c is taken for dead", () => misjudged.add("c")],
  ];
  for (const [label, act] of faults) {
    void scheduler.schedule(Promise.resolve(), label).then(() => {
      if (!healed) act();
    });
  }
  const isOver = () => servers.standingOf(run).standing === "ended";
  for (let step = 0; step < steps.disturbed; step += 1) await scheduler.waitOne();
  healed = true;
  for (const host of hosts) host.linked = true;
  misjudged.clear();
  for (let step = 0; step < steps.healed && !isOver(); step += 1) await scheduler.waitOne();
  // Whoever still thinks that it is its turn has one.
  for (let step = 0; step < steps.disturbed; step += 1) await scheduler.waitOne();
  const events = servers.events(run);
  if (events.some(({ type }) => type === "rewind")) outcomes.repeated += 1;
  if (events.some(({ type, data }) => type === "run-end" && data.status === "lost")) outcomes.lost += 1;
  return isOver() ? faultOf(servers, works, attempts) : "it has no end";
}

/** A turn of the event loop after each move: what code puts off until then is done. */
const act = async (move: () => Promise<unknown>) => {
  await move();
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const property = (attempts: number, planted: Planted) =>
  fc.asyncProperty(
    fc.scheduler({ act: act as never }),
    fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
    async (scheduler, coins) => {
      expect(await explored({ scheduler, coins, attempts, planted })).toBeUndefined();
    },
  );

describe("the code of queue, journal and writers, whatever comes first", () => {
  it.each([1, 2, 3])(
    "should begin a run once for each attempt, and end it once, with %i attempts",
    async (attempts) => {
      Object.assign(outcomes, { lost: 0, repeated: 0 });
      await fc.assert(property(attempts, {}), { numRuns: interleavings, seed: 17, endOnFailure: true });
      // With more attempts it is rare: each host that began it has to die, or to be taken for dead.
      if (attempts === 1) expect(outcomes.lost).toBeGreaterThan(0);
      expect(outcomes.repeated > 0).toBe(attempts > 1);
    },
    1_200_000,
  );

  const planted: readonly (readonly [string, Planted])[] = [
    ["a stream that takes whatever comes", { takesAll: true }],
    ["work before the claim is known to be kept", { worksUnheard: true }],
    ["writers that take every message for their own", { oneWriter: true }],
    ["hosts that do not count attempts", { forgetsAttempts: true }],
  ];
  it.each(planted)(
    "should be found broken by %s",
    async (_, fault) => {
      const found = await fc.check(property(1, fault), { numRuns: interleavings, seed: 17, endOnFailure: true });
      expect(found.failed).toBe(true);
      expect(String(found.errorInstance)).not.toMatch(/has no end/);
    },
    120_000,
  );
});

/** These take longer each. */
const worlds = Math.ceil(interleavings / 4);

describe("the code that judges who lives, where time goes by", () => {
  const worldWith = () => {
    const time = new SteppedTime();
    vi.spyOn(performance, "now").mockImplementation(() => time.now);
    return time;
  };
  const survives = (planted: PlantedSilence) =>
    fc.asyncProperty(disturbedWorlds, async (world) => {
      const { status } = await outcomeOf(world, { time: worldWith(), planted });
      expect(status).toBe("ok");
    });

  it("should end no run of a host that lives, whatever happens to servers and to those who judge", async () => {
    await fc.assert(survives({}), { numRuns: worlds, seed: 18, endOnFailure: true });
  }, 1_200_000);

  it("should end the run of a host that dies within 10 s, where the servers work", async () => {
    const property = fc.asyncProperty(
      disturbedWorlds,
      fc.integer({ min: 4_000, max: 18_000 }),
      async (world, death) => {
        const disturbances = world.disturbances.filter(({ what }) => what.startsWith("a is"));
        const quiet = { ...world, disturbances, own: { ...world.own, what: "nothing" } } as const;
        const { status, ended } = await outcomeOf(quiet, { time: worldWith(), planted: {}, death });
        expect(status).toBe("lost");
        expect(ended - death).toBeLessThanOrEqual(10_000);
      },
    );
    await fc.assert(property, { numRuns: worlds, seed: 18, endOnFailure: true });
  }, 1_200_000);

  const planted: readonly (readonly [string, PlantedSilence])[] = [
    ["servers without a leader that acknowledge words", { keepsNothing: true }],
    ["servers that nobody can ask for a last word", { forgetsWords: true }],
    ["links that are used again too late", { backAfter: 2.5 }],
  ];
  it.each(planted)(
    "should be found broken by %s",
    async (_, fault) => {
      const found = await fc.check(survives(fault), { numRuns: worlds, seed: 18, endOnFailure: true });
      expect(found.failed).toBe(true);
      expect(String(found.errorInstance)).toMatch(/lost/);
    },
    120_000,
  );
});
