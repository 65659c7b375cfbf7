import { describe, expect, it } from "vitest";
import type { HostOwner, Store, UnfinishedRun } from "../../../core/contract/store.ts";
import { remote } from "../../../core/plugin/worker/remote.ts";
import { served } from "../../../core/plugin/worker/served.ts";
import type { Target, WorkerPort } from "../../../core/plugin/worker/worker-port.ts";

const ownerOf = (host: string): HostOwner => ({ host, pid: 1, started: "1" });
const unfinished: readonly UnfinishedRun[] = ["up", "gone", "stranger"].map((host) => ({
  ...{ run: `r_${host}`, lastSeq: 1, owner: ownerOf(host) },
}));

/** A store with a hold and an eye on other hosts, as its host reaches it over a channel. */
function overChannel(more: Partial<Store> = {}) {
  const holds = new Set<string>();
  const store: Store = {
    append: () => undefined,
    read: () => [],
    runs: () => [],
    unfinished: () => unfinished,
    isAlive: ({ host }) => (host === "stranger" ? undefined : host === "up"),
    hold: (run) => {
      holds.add(run);
      return () => void holds.delete(run);
    },
    async [Symbol.asyncDispose]() {},
    ...more,
  };
  const targets = new Map<number, Target>();
  const { signal } = new AbortController();
  const port = {
    expose(target: Target) {
      targets.set(targets.size + 1, target);
      return targets.size;
    },
    withdraw: (target: number) => void targets.delete(target),
    call: async (target: number, method: string, args: readonly unknown[] = []) =>
      targets.get(target)?.[method]?.({ args, signal, pressure: () => undefined }),
  } as unknown as WorkerPort;
  const party = { id: "journal", plugin: "own", callTimeout: 1_000, report: () => undefined };
  const { target, facts } = served.store(party as never, store, port);
  targets.set(0, target);
  return { holds, targets, far: remote.store(port, facts) as Store };
}

describe("a store that lives in another process", () => {
  it("should say of the hosts of unfinished runs whether they live, as it does itself", async () => {
    const { far } = overChannel();
    expect(await far.unfinished()).toEqual(unfinished);
    expect(["up", "gone", "stranger"].map((host) => far.isAlive?.(ownerOf(host)))).toEqual([true, false, undefined]);
  });

  it("should keep a run while it is held, and let it go once", async () => {
    const { far, holds, targets } = overChannel();
    const release = far.hold?.("r_read");
    await expect.poll(() => [...holds]).toEqual(["r_read"]);
    release?.();
    release?.();
    await expect.poll(() => [...holds, ...targets.keys()]).toEqual([0]);
  });

  it("should offer neither where the store has none, and pass on what is no list", async () => {
    const { far } = overChannel({ isAlive: undefined, hold: undefined, unfinished: () => 5 as never } as never);
    expect([far.isAlive, far.hold]).toEqual([undefined, undefined]);
    expect(await far.unfinished()).toBe(5);
  });
});
