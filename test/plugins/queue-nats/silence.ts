import fc from "fast-check";
import { FakeServers } from "./fake-servers.ts";
import { SimulatedHost } from "./simulated-host.ts";
import { type PlantedSilence, type SteppedTime, WordServers } from "./timed-cluster.ts";

const kinds = [
  "no leader",
  "no leader, and nobody hears b",
  "a is cut off",
  "a is held",
  "a does not hear b",
  "c does not hear b",
] as const;

/** What disturbs the cluster, when, and for how many milliseconds. */
export interface Disturbance {
  readonly what: (typeof kinds)[number];
  readonly at: number;
  readonly length: number;
}

/** Three hosts: `b` executes the run. It lives, or dies at some time. */
export interface DisturbedWorld {
  readonly disturbances: readonly Disturbance[];
  /** `b` itself is cut off, or its event loop held, for half of the silence at most. */
  readonly own: { readonly what: "cut" | "held" | "nothing"; readonly at: number; readonly length: number };
  /** Milliseconds that messages take, in turn. */
  readonly latencies: readonly number[];
}

const run = "r1";
/** Milliseconds: the program of the run takes 24 s. */
const times = { undisturbed: 2_000, until: 22_000, over: 60_000 };

const at = fc.integer({ min: times.undisturbed, max: times.until - 4_000 });

export const disturbedWorlds: fc.Arbitrary<DisturbedWorld> = fc.record({
  disturbances: fc.array(
    fc.record({
      what: fc.constantFrom(...kinds),
      at,
      length: fc.integer({ min: 500, max: 12_000 }),
    }),
    { maxLength: 3 },
  ) as fc.Arbitrary<readonly Disturbance[]>,
  own: fc.record({
    what: fc.constantFrom("cut", "held", "nothing"),
    at,
    length: fc.integer({ min: 100, max: 3_500 }),
  }) as fc.Arbitrary<DisturbedWorld["own"]>,
  latencies: fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 8, maxLength: 8 }),
});

export interface Outcome {
  readonly status: string;
  /** When its end was kept. */
  readonly ended: number;
}

/** How the run comes out. `time` is what `performance.now` says meanwhile. */
export async function outcomeOf(
  { disturbances, own, latencies }: DisturbedWorld,
  { time, planted, death }: { readonly time: SteppedTime; readonly planted: PlantedSilence; readonly death?: number },
): Promise<Outcome> {
  let turn = 0;
  const latency = () => {
    turn += 1;
    return latencies[turn % latencies.length] ?? 1;
  };
  const [journals, words] = [new FakeServers({}), new WordServers(time, latency, planted)];
  const scheduler = { schedule: async <T>(task: Promise<T>) => time.sleep(latency()).then(() => task) };
  const hosts = ["a", "b", "c"].map((id) => {
    const { presence, confirm } = words.presenceOf(id);
    const alive = (host: string) => presence.isAlive({ host });
    const sleep = (milliseconds: number, signal?: AbortSignal) => time.sleep(milliseconds, signal);
    const parts = { servers: journals, planted: {}, chance: () => false, worked: () => undefined };
    return new SimulatedHost(id, { ...parts, scheduler, alive, confirm, sleep } as never);
  });
  const [a, b] = hosts as [SimulatedHost, SimulatedHost];
  const item = { run, flow: "chat", client: "c", priority: "normal", attempts: 1 };
  journals.push(run, Buffer.from(JSON.stringify(item)));
  void b.start();
  await time.until(times.undisturbed - 500);
  for (const host of hosts) if (host !== b) void host.start();
  for (const each of disturbances) time.in(each.at - time.now, () => disturb(each, { words, a }));
  const { what, length } = own;
  if (what === "cut") time.in(own.at - time.now, () => words.cutFor("b", length, (linked) => link(b, linked)));
  if (what === "held") time.in(own.at - time.now, () => words.holdFor("b", length));
  if (death !== undefined) {
    time.in(death - time.now, () => {
      b.dead = true;
      words.dead.add("b");
    });
  }
  let ended = Number.POSITIVE_INFINITY;
  for (let now = times.undisturbed; now <= times.over && ended > now; now += 250) {
    await time.until(now);
    if (journals.standingOf(run).standing === "ended") ended = now;
  }
  const end = journals.events(run).at(-1);
  return { status: end?.type === "run-end" ? end.data.status : "none", ended };
}

function disturb(
  { what, length }: Disturbance,
  { words, a }: { readonly words: WordServers; readonly a: SimulatedHost },
): void {
  if (what === "a is cut off") words.cutFor("a", length, (linked) => link(a, linked));
  else if (what === "a is held") words.holdFor("a", length);
  else {
    const pairs = { "a does not hear b": ["b a"], "c does not hear b": ["b c"], "no leader": [] };
    words.loseFor(length, {
      leader: what.startsWith("no leader"),
      pairs: what === "no leader, and nobody hears b" ? ["b a", "b c"] : pairs[what],
    });
  }
}

function link(host: SimulatedHost, linked: boolean): void {
  if (linked) host.linked = true;
  else host.cut();
}
