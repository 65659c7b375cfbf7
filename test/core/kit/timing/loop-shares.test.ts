import { describe, expect, it } from "vitest";
import { LoopShares } from "../../../../core/kit/index.ts";

/** Shares whose clock, loop and timers the test owns: the loop works while a flood is read, and idles otherwise. */
function createShares() {
  const state = { active: 0, idle: 0, timers: [] as { at: number; call: () => void }[] };
  const now = () => state.active + state.idle;
  const shares = new LoopShares({
    now,
    loop: () => ({ active: state.active, idle: state.idle }),
    later: (call, milliseconds) => void state.timers.push({ at: now() + milliseconds, call }),
  });
  /** The loop has nothing to do until then but what timers ask. */
  const idle = async (milliseconds: number) => {
    for (const until = now() + milliseconds; now() < until; ) {
      state.idle += Math.min(1, until - now());
      for (const due of state.timers.filter(({ at }) => at <= now())) {
        state.timers.splice(state.timers.indexOf(due), 1);
        due.call();
      }
      // Whoever rested goes on in a microtask.
      for (let task = 0; task < 5; task += 1) await Promise.resolve();
    }
  };
  const work = (milliseconds: number) => {
    state.active += milliseconds;
  };
  return { shares, state, idle, work };
}
type Owned = ReturnType<typeof createShares>;

/** Reads as fast as it may, 4 ms in each turn, until it is stopped; returns how often it did. */
function flood({ shares, work }: Owned, cost = 4) {
  const share = shares.join();
  const read = { turns: 0, stopped: false };
  const run = async () => {
    while (!read.stopped) {
      share.seen();
      work(cost);
      read.turns += 1;
      share.spent(4);
      await (share.rest() ?? turn());
    }
  };
  const turn = () => new Promise<void>((resolve) => void waiting.push(resolve));
  const waiting: (() => void)[] = [];
  void run();
  return Object.assign(read, { next: () => waiting.shift()?.(), waiting });
}

/** Another session does a little every 10 ms, for so many milliseconds. */
async function beside(owned: Owned, milliseconds: number, ...floods: ReturnType<typeof flood>[]) {
  const quiet = owned.shares.join();
  for (let passed = 0; passed < milliseconds; passed += 10) {
    quiet.seen();
    owned.work(0.5);
    quiet.spent(0.5);
    await owned.idle(10);
    for (const each of floods) each.next();
  }
}

describe("shares of the event loop", () => {
  it("should let nobody rest who is alone, however much it takes", async () => {
    const owned = createShares();
    const alone = flood(owned);
    for (let turn = 0; turn < 500; turn += 1) {
      await owned.idle(0);
      alone.next();
      await Promise.resolve();
    }
    expect(owned.shares.resting).toBe(0);
    expect(alone.turns).toBeGreaterThan(200);
    alone.stopped = true;
  });

  it("should leave a flood a third of the loop at most beside somebody quiet, who never rests", async () => {
    const owned = createShares();
    const flooder = flood(owned);
    await beside(owned, 100, flooder);
    const before = { turns: flooder.turns, ...owned.state };
    await beside(owned, 1_000, flooder);
    const [active, idle] = [owned.state.active - before.active, owned.state.idle - before.idle];
    expect(flooder.turns).toBeGreaterThan(before.turns + 50);
    expect(active / (active + idle)).toBeLessThan(0.4);
    flooder.stopped = true;
  });

  it("should leave many who flood a third of it together, in turn", async () => {
    const owned = createShares();
    const floods = Array.from({ length: 5 }, () => flood(owned));
    await beside(owned, 300, ...floods);
    const before = { ...owned.state, turns: floods.map(({ turns }) => turns) };
    await beside(owned, 2_000, ...floods);
    const [active, idle] = [owned.state.active - before.active, owned.state.idle - before.idle];
    expect(active / (active + idle)).toBeLessThan(0.4);
    const turns = floods.map((each, at) => each.turns - (before.turns[at] ?? 0));
    expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1);
    for (const each of floods) each.stopped = true;
  });

  it("should count what a flood costs after it was read", async () => {
    const owned = createShares();
    // It is read in 4 ms, and stored, sent and collected in 12 more.
    const flooder = flood(owned, 16);
    await beside(owned, 100, flooder);
    const before = { ...owned.state };
    await beside(owned, 1_000, flooder);
    const [active, idle] = [owned.state.active - before.active, owned.state.idle - before.idle];
    expect(active / (active + idle)).toBeLessThan(0.4);
    flooder.stopped = true;
  });

  it("should let a flood go on after 50 ms where others keep the loop busy", async () => {
    const owned = createShares();
    const [flooder, quiet] = [owned.shares.join(), owned.shares.join()];
    const went: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      // Another 60 ms without a pause: nothing is ever paid back.
      owned.work(60);
      flooder.spent(40);
      quiet.seen();
      const before = owned.state.idle;
      void flooder.rest()?.then(() => went.push(owned.state.idle - before));
      await owned.idle(51);
    }
    expect(went).toHaveLength(10);
    expect(Math.max(...went)).toBeLessThanOrEqual(51);
  });

  it("should let everybody go on at once when those who are quiet have gone", async () => {
    const owned = createShares();
    const flooder = flood(owned);
    await beside(owned, 200, flooder);
    await owned.idle(1_100);
    flooder.next();
    await Promise.resolve();
    const { turns } = flooder;
    for (let turn = 0; turn < 20; turn += 1) {
      flooder.next();
      for (let task = 0; task < 5; task += 1) await Promise.resolve();
    }
    expect(flooder.turns - turns).toBeGreaterThan(15);
    expect(owned.shares.resting).toBe(0);
    flooder.stopped = true;
  });

  it("should not take those who flood for company of each other", () => {
    const owned = createShares();
    const [one, two] = [owned.shares.join(), owned.shares.join()];
    for (const each of [one, two]) each.spent(30);
    for (const each of [one, two]) each.seen();
    expect([one.rest(), two.rest()]).toEqual([undefined, undefined]);
  });

  it("should forget that somebody flooded once it takes little", async () => {
    const owned = createShares();
    const [one, quiet] = [owned.shares.join(), owned.shares.join()];
    one.spent(1_000);
    quiet.seen();
    expect(one.rest()).toBeInstanceOf(Promise);
    await owned.idle(250);
    quiet.seen();
    expect(one.rest()).toBeUndefined();
  });
});
