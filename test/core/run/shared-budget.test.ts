import { describe, expect, it } from "vitest";
import { type SharedValues, SluiceError } from "../../../core/contract/index.ts";
import { SharedBudget, SharedReservation } from "../../../core/run/shared-budget.ts";

/** Values of hosts that share them, in memory: with a clock, and a link that can be cut. */
class FakeValues implements SharedValues {
  readonly kept = new Map<string, unknown>();
  now = 1_000;
  cut = false;
  stalled: Promise<void> | undefined;

  async change(key: string, change: (before: unknown, now: number) => unknown): Promise<void> {
    await Promise.resolve();
    await this.stalled;
    if (this.cut) throw new SluiceError("SLUICE_HOST_CUT_OFF", "cut off");
    const after = change(this.kept.get(key), this.now);
    if (after !== undefined) this.kept.set(key, JSON.parse(JSON.stringify(after)));
  }
}

const price = () => 0;
const limits = { tokens: 1_000, time: 500, per: 10_000 };

function hosts(count: number) {
  const values = new FakeValues();
  const pending = new Set<Promise<unknown>>();
  const budgets = Array.from(
    { length: count },
    () => new SharedBudget({ owner: "the client", key: "me", limits, values }, pending),
  );
  const refused: string[] = [];
  const onRefused = ({ code }: SluiceError) => void refused.push(code);
  const ask = (host = 0, inputTokens = 100) => {
    const budget = budgets[host] as SharedBudget;
    return SharedReservation.of({ budget, source: "gpt", price, inputTokens, onRefused });
  };
  const settled = () => Promise.all(pending);
  return { values, budgets, ask, settled, refused };
}

const overdrawn = expect.objectContaining({ code: "SLUICE_RUN_BUDGET" });
const usage = (inputTokens: number, outputTokens: number) => ({ inputTokens, outputTokens });

describe("a budget that hosts share", () => {
  it("should admit of requests that come together at several hosts only those that fit", async () => {
    const { ask } = hosts(3);
    const asked = await Promise.allSettled([0, 1, 2, 0, 1, 2].map((host) => ask(host)));
    // Each holds its prompt and 256 tokens of an answer.
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
    for (const each of asked) if (each.status === "rejected") expect(each.reason).toEqual(overdrawn);
  });

  it("should give back what was not used, to whoever asks next, once", async () => {
    const { ask, settled } = hosts(2);
    const [one, two] = [await ask(0), await ask(1)];
    await expect(ask(0)).rejects.toEqual(overdrawn);
    one.settle(usage(100, 10));
    two.settle(usage(100, 10));
    await settled();
    await expect(ask(1, 600)).rejects.toEqual(overdrawn);
    await ask(1, 500);
  });

  it("should be drawn on as the answer grows, and end it where no more fits", async () => {
    const { ask, refused, settled, values } = hosts(2);
    const answer = await ask(0, 100);
    for (let tokens = 50; tokens <= 1_200; tokens += 50) {
      answer.written(tokens);
      await new Promise((resolve) => setTimeout(resolve, refused.length > 0 ? 0 : 10));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(refused).toEqual(["SLUICE_RUN_BUDGET"]);
    answer.settle(usage(100, 900));
    await settled();
    expect(values.kept.get("budget me")).toMatchObject({ input: 100, output: 900 });
  });

  it("should end an answer that needs more while its host is cut off, and no other", async () => {
    const { ask, refused, values } = hosts(1);
    const [short, long] = [await ask(0, 10), await ask(0, 10)];
    values.cut = true;
    short.written(100);
    long.written(200);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(refused).toEqual(["SLUICE_HOST_CUT_OFF"]);
    await expect(ask()).rejects.toMatchObject({ code: "SLUICE_HOST_CUT_OFF" });
  });

  it("should end an answer that has used up what was drawn while nobody says whether more may be", async () => {
    const { ask, refused, values } = hosts(1);
    const [short, long] = [await ask(0, 10), await ask(0, 10)];
    const link = Promise.withResolvers<void>();
    values.stalled = link.promise;
    for (const tokens of [100, 200, 256]) for (const each of [short, long]) each.written(Math.min(tokens, 250));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(refused).toEqual([]);
    long.written(257);
    await expect.poll(() => refused).toEqual(["SLUICE_HOST_CUT_OFF"]);
    long.settle(usage(10, 257));
    link.resolve();
    await new Promise((resolve) => setTimeout(resolve, 20));
    short.written(300);
    expect(refused).toEqual(["SLUICE_HOST_CUT_OFF"]);
  });

  it("should begin anew after its time by the servers' clock, and count late what belongs to it alone", async () => {
    const { ask, settled, values } = hosts(2);
    const [one] = [await ask(0), await ask(1)];
    await expect(ask(1)).rejects.toEqual(overdrawn);
    values.now += limits.per;
    await ask(1);
    one.settle(usage(100, 0));
    await settled();
    expect(values.kept.get("budget me")).toMatchObject({ input: 100, output: 256 });
  });

  it("should count time over hosts, and have none left at any of them", async () => {
    const { budgets, settled } = hosts(2);
    expect(await budgets[1]?.timeLeft()).toBe(500);
    budgets[0]?.addTime(300);
    await settled();
    expect(await budgets[1]?.timeLeft()).toBe(200);
    budgets[1]?.addTime(300);
    await settled();
    await expect(budgets[0]?.timeLeft()).rejects.toEqual(overdrawn);
  });

  it("should take what nobody of ours has written for nothing", async () => {
    const { ask, values } = hosts(1);
    for (const odd of [null, 7, [], { until: "x" }, { until: Number.MAX_SAFE_INTEGER }]) {
      values.kept.set("budget me", odd);
      await ask();
    }
  });
});
