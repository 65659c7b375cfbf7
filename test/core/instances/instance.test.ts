import { BehaviorSubject, type Observable } from "rxjs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PlannedInstance } from "../../../core/config/plan.ts";
import type { Health, Lifecycle } from "../../../core/contract/lifecycle.ts";
import { Instance, type InstanceHooks } from "../../../core/instances/instance.ts";
import type { Container, PluginModule } from "../../../core/plugin/container.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const noSignal = () => new AbortController().signal;

/** A service that does what the test says, and counts what is done with it. */
class Fake implements Lifecycle {
  static live = 0;
  readonly health$?: Observable<Health>;
  config: unknown;
  disposed = 0;
  readonly #dispose: () => void | Promise<void>;

  constructor(health?: Observable<Health>, dispose: () => void | Promise<void> = () => undefined) {
    if (health !== undefined) this.health$ = health;
    this.#dispose = dispose;
  }

  start?: (signal: AbortSignal) => void | Promise<void>;

  reconfigure(config: never): void {
    this.config = config;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed += 1;
    await this.#dispose();
  }
}

interface Given {
  /** What `create` does, one after the other; the last one is done again and again. */
  readonly creates: readonly (() => unknown)[];
  readonly start?: (instance: unknown, signal: AbortSignal) => void | Promise<void>;
  readonly onStartError?: InstanceHooks["onStartError"];
  readonly plan?: Partial<PlannedInstance>;
}

function supervised({ creates, start, onStartError = "fail", plan = {} }: Given) {
  const told: string[] = [];
  let made = 0;
  const create = () => {
    const next = creates[Math.min(made, creates.length - 1)];
    made += 1;
    const created = next?.();
    if (start !== undefined && created instanceof Fake) created.start = (signal) => start(created, signal);
    return created;
  };
  const planned = {
    id: "subject",
    plugin: { manifest: { name: "fake", kind: "service", api: 1 } },
    config: Object.freeze({ level: 1 }),
    restart: { attempts: 2, within: 60_000, backoff: 500 },
    implicit: false,
    ...plan,
  } as unknown as PlannedInstance;
  const instance = new Instance(planned, {
    container: () => ({ create }) as unknown as Container,
    module: async () => ({}) as PluginModule,
    refs: () => ({}),
    report: (status, reason, restarts) =>
      told.push([status, restarts, reason].filter((x) => x !== undefined).join(" ")),
    now: () => Date.now(),
    onStartError,
  });
  return { instance, told, made: () => made };
}

describe("an instance that starts", () => {
  it("should tell each state once, and let go of what it made", async () => {
    const fake = new Fake();
    const { instance, told } = supervised({ creates: [() => fake] });
    await instance.start(noSignal());
    expect(instance.get()).toBe(fake);
    await instance.drain(noSignal());
    await instance.dispose();
    await instance.dispose();
    expect(told).toEqual(["starting 0", "ok 0", "stopping 0", "stopped 0"]);
    expect(fake.disposed).toBe(1);
    expect(() => instance.get()).toThrow(expect.objectContaining({ code: "SLUICE_PLUGIN_FAILED" }));
  });

  it("should never be made when its plan says that it is absent", async () => {
    const { instance, told, made } = supervised({ creates: [() => new Fake()], plan: { absent: "KEY is not set" } });
    await instance.start(noSignal());
    await instance.dispose();
    expect([told, made()]).toEqual([["absent 0 KEY is not set"], 0]);
  });

  it("should take over changed options, also for what a restart makes", async () => {
    const fake = new Fake();
    const { instance } = supervised({ creates: [() => fake] });
    await instance.start(noSignal());
    instance.reconfigure({ level: 2 });
    expect([fake.config, instance.config]).toEqual([{ level: 2 }, { level: 2 }]);
  });
});

describe("an instance that cannot start", () => {
  const faults: readonly (readonly [string, Partial<Given>, string])[] = [
    ["create throws", { creates: [() => boom()] }, "SLUICE_PLUGIN_CREATE"],
    ["create returns nothing", { creates: [() => undefined] }, "SLUICE_PLUGIN_CREATE"],
    ["create returns what cannot be disposed of", { creates: [() => ({})] }, "SLUICE_PLUGIN_CREATE"],
    ["start throws", { start: () => boom() }, "SLUICE_PLUGIN_START"],
    ["start rejects", { start: () => Promise.reject(new Error("no")) }, "SLUICE_PLUGIN_START"],
    ["start hangs", { start: () => new Promise(() => undefined) }, "SLUICE_PLUGIN_TIMEOUT"],
  ];

  it.each(faults)("should fail by name and leave nothing where %s", async (_, given, code) => {
    const fake = new Fake();
    const { instance, told } = supervised({ creates: [() => fake], ...given });
    const failed = expect(instance.start(noSignal())).rejects.toMatchObject({ code, message: /subject/ });
    await vi.advanceTimersByTimeAsync(10_000);
    await failed;
    expect(told.at(-1)).toMatch(/^failed 0 /);
    if (given.creates === undefined) expect(fake.disposed).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("should stop, and not fail, where the host gives up meanwhile", async () => {
    const giveUp = new AbortController();
    const { instance, told } = supervised({ creates: [() => new Fake()], start: () => new Promise(() => undefined) });
    const started = instance.start(giveUp.signal);
    await vi.advanceTimersByTimeAsync(1);
    giveUp.abort(new Error("given up"));
    await expect(started).rejects.toThrow("given up");
    expect(told).toEqual(["starting 0", "stopped 0"]);
  });

  it("should be left out where the profile says skip, and tried again where it says retry", async () => {
    const skipped = supervised({ creates: [() => boom()], onStartError: "skip" });
    await skipped.instance.start(noSignal());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([skipped.instance.status, skipped.made()]).toEqual(["failed", 1]);
    const retried = supervised({ creates: [() => boom(), () => new Fake()], onStartError: "retry" });
    await retried.instance.start(noSignal());
    await vi.advanceTimersByTimeAsync(500);
    expect([retried.instance.status, retried.made()]).toEqual(["ok", 2]);
  });
});

describe("an instance that fails while it runs", () => {
  it("should be restarted with pauses that double, and then given up", async () => {
    const { instance, told, made } = supervised({ creates: [() => new Fake()] });
    await instance.start(noSignal());
    const { failed } = instance;
    instance.fail("the first");
    instance.fail("the same once more");
    expect(failed.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(499);
    expect(made()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect([instance.status, made(), instance.failed.aborted]).toEqual(["ok", 2, false]);
    instance.fail("the second");
    await vi.advanceTimersByTimeAsync(999);
    expect(made()).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(made()).toBe(3);
    instance.fail("the third");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made()).toBe(3);
    expect(told.at(-1)).toBe("failed 2 the third (restarted 2 times, which is the limit)");
  });

  it("should have its attempts again when enough time has passed", async () => {
    const { instance, made } = supervised({ creates: [() => new Fake()] });
    await instance.start(noSignal());
    for (let round = 0; round < 5; round += 1) {
      instance.fail("again");
      await vi.advanceTimersByTimeAsync(60_001);
      expect([instance.status, made()]).toEqual(["ok", round + 2]);
    }
  });

  it("should follow its health, restart where it says failed, and no longer hear the old one", async () => {
    const health = new BehaviorSubject<Health>({ status: "ok" });
    const { instance, told, made } = supervised({ creates: [() => new Fake(health), () => new Fake()] });
    await instance.start(noSignal());
    health.next({ status: "degraded", reason: "slow" });
    expect([instance.status, instance.reason]).toEqual(["degraded", "slow"]);
    health.next({ status: "failed", reason: "gone" });
    await vi.advanceTimersByTimeAsync(500);
    health.next({ status: "degraded", reason: "the old one" });
    expect([instance.status, made(), health.observed]).toEqual(["ok", 2, false]);
    expect(told).toContain("failed 0 gone");
  });

  it.each([
    ["what is no health", (health: BehaviorSubject<Health>) => health.next({ status: "fine" } as never)],
    ["an error", (health: BehaviorSubject<Health>) => health.error(new Error("broken"))],
  ])("should fail where its health gives %s", async (_, break_) => {
    const health = new BehaviorSubject<Health>({ status: "ok" });
    const { instance } = supervised({ creates: [() => new Fake(health)] });
    await instance.start(noSignal());
    break_(health);
    expect(instance.status).toBe("failed");
  });

  it("should not come back once it was told to stop", async () => {
    const { instance, made } = supervised({ creates: [() => new Fake()] });
    await instance.start(noSignal());
    instance.fail("late");
    await instance.drain(noSignal());
    await instance.dispose();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([made(), vi.getTimerCount()]).toEqual([1, 0]);
  });

  it("should say so where it does not let go", async () => {
    const { instance } = supervised({ creates: [() => new Fake(undefined, () => new Promise(() => undefined))] });
    await instance.start(noSignal());
    const stuck = expect(instance.dispose()).rejects.toMatchObject({ code: "SLUICE_PLUGIN_TIMEOUT" });
    await vi.advanceTimersByTimeAsync(10_000);
    await stuck;
    expect(instance.status).toBe("stopped");
  });
});

function boom(): never {
  throw new Error("no");
}
