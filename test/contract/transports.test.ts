import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Host } from "../../core/index.ts";
import { LeakCheck } from "../../core/testing/index.ts";
import { serveOverStreams } from "../plugins/mcp/streams-kit.ts";
import { ClassicTalk, classicInputs } from "./transport-classic.ts";
import { goodClients } from "./transport-good.ts";
import { bytesInUse, serveTransports, type Transports } from "./transport-host.ts";
import type { Input } from "./transport-judge.ts";
import { StreamTalk, streamInputs } from "./transport-streams.ts";
import { classicPlaces, mcpPlaces, monitorPlaces, openaiPlaces, strangePlaces, webInputs } from "./transport-web.ts";
import { WireTalk, wireInputs } from "./transport-wire.ts";

/** Malformed inputs for each transport, after those that fill what may be filled. */
const count = 2_000;
const warmUp = 2_000;
/** The same ones every time; a failure names its place in the row. */
const seed = 20_261_124;
/**
 * Bytes that may be in use more than before. Transports that start no runs had at most 1.1 MiB more after 2,000 inputs, and
 * at most about 0.17 MiB more with each further 2,000, up to 10,000: the host's feed and the engine's caches fill up. A transport
 * that keeps 1 KiB of each input is beyond the bound.
 */
const growth = 1.75 * 1024 * 1024;
/** The host remembers runs that were asked for, the last thousand of them; 9 to 19 KiB for each were measured. */
const growthOfRun = 24 * 1024;

interface Transport {
  readonly host: Host;
  readonly inputs: fc.Arbitrary<Input>;
  readonly good: () => Promise<unknown>;
  /** Ends the client that all inputs share. */
  readonly end?: () => Promise<void>;
}

type Clients = ReturnType<typeof goodClients>;

const transportsOfHost: Readonly<
  Record<string, (transports: Transports, clients: Clients) => Promise<Omit<Transport, "host">>>
> = {
  "http-server": async ({ port }, { healthz }) => ({ inputs: webInputs(port, strangePlaces()), good: healthz }),
  websocket: async ({ port, token }, { wire }) => {
    const talk = new WireTalk(port, token);
    const { run } = await talk.ask({ t: "open", flow: "chat", input: { text: "hi" } });
    return { inputs: wireInputs(port, talk, run ?? ""), good: wire, end: () => talk.end() };
  },
  "lmc, its socket": async ({ port }, { classic }) => {
    const talk = new ClassicTalk(port);
    return { inputs: classicInputs(port, talk), good: classic, end: () => talk.end() };
  },
  "lmc, its routes": async ({ port }, { classicRoutes }) => ({
    inputs: webInputs(port, classicPlaces()),
    good: classicRoutes,
  }),
  "openai-api": async ({ port, token }, { openai }) => ({ inputs: webInputs(port, openaiPlaces(token)), good: openai }),
  mcp: async ({ port, token }, { mcp }) => ({ inputs: webInputs(port, mcpPlaces(token)), good: mcp }),
  "web-monitor": async ({ port, token, host }, clients) => {
    const { cookie, csrf } = await clients.signIn(host.link() ?? "");
    return {
      inputs: webInputs(port, monitorPlaces(token, cookie, csrf)),
      good: () => clients.monitor(cookie),
    };
  },
};

/** Sends them one after the other; returns how often each answer was given, and the runs that were told. */
async function send(inputs: fc.Arbitrary<Input>, numRuns: number, from: number) {
  const tally = new Map<string, number>();
  const named = new Set<string>();
  let counted = 0;
  for (const [at, { kind, shown, send }] of fc.sample(inputs, { numRuns, seed: from }).entries()) {
    try {
      const { said, runs = 0 } = await send();
      tally.set(said, (tally.get(said) ?? 0) + 1);
      if (typeof runs === "number") counted += runs;
      else for (const run of runs) named.add(run);
    } catch (error) {
      throw new Error(`seed ${from}, input ${at} (${kind}) ${JSON.stringify(shown.slice(0, 400))}: ${error}`);
    }
  }
  return { tally, counted, named };
}

async function runsKnown(host: Host): Promise<ReadonlySet<string>> {
  return new Set((await host.runs.list({ limit: 1_000 })).map(({ run }) => run));
}

const unknownTo = (before: ReadonlySet<string>, runs: ReadonlySet<string>) =>
  [...runs].filter((run) => !before.has(run));

async function provoke({ host, inputs, good, end }: Transport): Promise<void> {
  await send(inputs, warmUp, seed + 1);
  await good();
  await end?.();
  const leaks = new LeakCheck();
  // A cache fills up once and a leak grows each time, so one calm round of three is enough.
  for (let round = 0, calm = false; !calm && round < 3; round += 1) {
    const before = await runsKnown(host);
    const bytes = await bytesInUse();
    const { tally, counted, named } = await send(inputs, count, seed + round * 2);
    await end?.();
    expect([...tally.values()].reduce((sum, each) => sum + each, 0)).toBe(count);
    // A frame that says an id of before again is told the run of then.
    const runs = counted + unknownTo(before, named).length;
    const started = unknownTo(before, await runsKnown(host));
    expect(started.length, "runs that were started, and those that were told").toBe(runs);
    const grown = (await bytesInUse()) - bytes;
    calm = grown < growth + runs * growthOfRun;
    if (round === 2) expect(grown).toBeLessThan(growth + runs * growthOfRun);
  }
  expect(await leaks.leaked()).toEqual([]);
  await good();
}

describe("two thousand malformed inputs", () => {
  it.each(Object.entries(transportsOfHost))("should leave %s as it was", { timeout: 120_000 }, async (_name, make) => {
    await using transports = await serveTransports();
    await provoke({
      host: transports.host,
      ...(await make(transports, goodClients(transports.port, transports.token))),
    });
  });

  it("should leave mcp over streams as it was", { timeout: 120_000 }, async () => {
    await using served = await serveOverStreams();
    const talk = new StreamTalk(served.input, served.output);
    const good = async () => expect(await talk.ask("tools/list", {})).toContain("run_code");
    await provoke({ host: served.host, inputs: streamInputs(talk), good });
  });
});

describe("what clients leave behind", () => {
  it("should not let what clients set fill the memory of the LMC transport, nor break it", async () => {
    await using transports = await serveTransports();
    const { set } = goodClients(transports.port, transports.token);
    // What is not honoured is not kept, be it small or large.
    const names = Array.from({ length: 40 }, (_, at) => `k${at}`);
    for (const name of names) {
      const { body } = await set({ computer: { [name]: "x".repeat(60_000) } });
      expect(body).toBe(`[{"error":"Setting computer.${name} not found"},404]`);
    }
    const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
    expect((await set(`{"debug":${deep}}`)).body).toContain("nested deeper than 64 levels");
    expect((await set({ auto_run: true })).body).toBe('{"status":"success"}');
  });
});
