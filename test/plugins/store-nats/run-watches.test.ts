import { describe, expect, it } from "vitest";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { RunWatches, type RunWatchesOptions } from "../../../plugins/store-nats/run-watches.ts";
import { namesOf } from "../../../plugins/store-nats/streams.ts";

/** A link whose words a test gives, or keeps from it; and servers that are asked which runs have news. */
function watchesWithoutServers() {
  const clock = new FakeClock();
  const heard = new Map<string, (message: unknown) => unknown>();
  const asked: (readonly [number, readonly string[]])[] = [];
  const newest = new Map<string, number>();
  let changed: (connected: boolean) => void = () => undefined;
  const link = {
    connected: true,
    listen: (subject: string, hear: (message: unknown) => unknown) => {
      heard.set(subject, hear);
      return () => heard.delete(subject);
    },
    onChange: (listener: typeof changed) => {
      changed = listener;
      return () => undefined;
    },
  };
  const heads = {
    async newerThan(since: number, runs: readonly string[], tell: (run: string, message: number) => void) {
      if (runs.length > 0) asked.push([since, runs]);
      for (const run of runs) if ((newest.get(run) ?? 0) > since) tell(run, newest.get(run) ?? 0);
    },
  };
  const log = { debug: () => undefined };
  const parts = { link, heads, clock, log, names: namesOf("sluice") } as unknown as RunWatchesOptions;
  const reconnect = (connected: boolean) => {
    link.connected = connected;
    changed(connected);
  };
  return { watches: new RunWatches(parts), clock, heard, asked, newest, reconnect };
}

describe("whoever watches a run", () => {
  it("should be told within seconds of a word that was lost, once, by one question for all runs", async () => {
    const { watches, clock, asked, newest } = watchesWithoutServers();
    const woken = new Map<string, number>();
    const runs = Array.from({ length: 300 }, (_, index) => `r${index}`);
    for (const run of runs) watches.watch(run, () => woken.set(run, (woken.get(run) ?? 0) + 1));
    await clock.advance(10_000);
    expect(asked.length).toBe(5);
    newest.set("r7", 41);
    await clock.advance(2_000);
    expect([...woken]).toEqual([["r7", 1]]);
    expect(watches.toldOf("r7")).toBe(41);
    await clock.advance(20_000);
    expect([...woken]).toEqual([["r7", 1]]);
    expect(asked.at(-1)?.[0]).toBe(41);
    watches.stop();
  });

  it("should be asked for anew where it comes late, since a copy may be behind", async () => {
    const { watches, clock, asked, newest } = watchesWithoutServers();
    newest.set("r1", 90);
    watches.watch("r1", () => undefined);
    await clock.advance(8_000);
    let woken = 0;
    watches.watch("r2", () => {
      woken += 1;
    });
    await clock.advance(2_000);
    newest.set("r2", 50);
    await clock.advance(2_000);
    expect(woken).toBe(1);
    expect(asked.some(([since, names]) => since === 0 && names.includes("r2"))).toBe(true);
    watches.stop();
  });

  it("should hear of runs that it began to watch while it was cut off", async () => {
    const { watches, heard, reconnect } = watchesWithoutServers();
    reconnect(false);
    let woken = 0;
    watches.watch("r1", () => {
      woken += 1;
    });
    expect(heard.size).toBe(0);
    reconnect(true);
    expect(woken).toBe(1);
    heard.get("sluice.live.r1")?.({ headers: { get: () => "12" } });
    expect(woken).toBe(2);
    expect(watches.toldOf("r1")).toBe(12);
    watches.stop();
    expect(heard.size).toBe(0);
  });
});
