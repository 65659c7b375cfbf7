import type { KV } from "@nats-io/kv";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Logger } from "../../../core/contract/index.ts";
import { RunIndex } from "../../../plugins/store-nats/run-index.ts";

const silent: Logger = { level: "fatal", trace() {}, debug() {}, info() {}, warn() {}, error() {} };

const recordOf = (run: string) =>
  JSON.stringify({
    record: { run, flow: "chat", session: "s", input: "go", status: "ok", started: "2026-01-01T00:00:00Z" },
    owner: { host: "h" },
    models: [],
  });

/** A watch of records as a server gives one: what it has at first, and what it is told to give. */
class ServedWatch {
  stopped = false;
  readonly #entries: unknown[] = [];
  #wake: () => void = () => undefined;

  give(revision: number): void {
    const key = `r.r${revision}`;
    this.#entries.push({ key, revision, operation: "PUT", string: () => recordOf(`r${revision}`) });
    this.#wake();
  }

  stop(): void {
    this.stopped = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      const next = this.#entries.shift();
      if (next !== undefined) yield next;
      else if (this.stopped) return;
      else {
        const given = Promise.withResolvers<void>();
        this.#wake = given.resolve;
        await given.promise;
      }
    }
  }
}

/** A list over servers that have as many records as the test says. */
function listOver(counts: readonly number[], newest: number) {
  const watches: ServedWatch[] = [];
  const watch = async () => {
    const served = new ServedWatch();
    for (let revision = 1; revision <= (counts[watches.length] ?? 0); revision += 1) served.give(revision);
    watches.push(served);
    return served;
  };
  const index = new RunIndex(
    () => ({ watch }) as unknown as KV,
    async () => newest,
    silent,
  );
  return { index, watches };
}

describe("the list of runs, where a server dies that told of them", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("should be read from another server after a moment", async () => {
    const { index, watches } = listOver([2, 3], 3);
    const asked = index.all();
    await vi.advanceTimersByTimeAsync(1_499);
    expect(watches).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await asked).map(({ record }) => record.run)).toEqual(["r3", "r2", "r1"]);
    expect(watches.map(({ stopped }) => stopped)).toEqual([true, false]);
    // What the first one says late ends nothing.
    expect(await index.all()).toHaveLength(3);
    expect(watches).toHaveLength(2);
  });

  it("should be whole for everybody who asked meanwhile", async () => {
    const { index } = listOver([2, 3], 3);
    const asked = [index.all(), index.all()];
    await vi.advanceTimersByTimeAsync(1_000);
    asked.push(index.all());
    await vi.advanceTimersByTimeAsync(1_000);
    for (const list of await Promise.all(asked)) expect(list).toHaveLength(3);
  });

  it("should be waited for while it comes, however slowly", async () => {
    const { index, watches } = listOver([0], 8);
    const asked = index.all();
    for (let revision = 1; revision <= 8; revision += 1) {
      await vi.advanceTimersByTimeAsync(1_400);
      watches[0]?.give(revision);
    }
    await vi.advanceTimersByTimeAsync(0);
    expect(await asked).toHaveLength(8);
    expect(watches).toHaveLength(1);
  });

  it("should be refused where nobody has it, and be asked for anew by whoever comes next", async () => {
    const { index } = listOver([2, 2, 3], 3);
    const asked = expect(index.all()).rejects.toThrow("did not come in time");
    await vi.advanceTimersByTimeAsync(6_500);
    await asked;
    const next = index.all();
    await vi.advanceTimersByTimeAsync(0);
    expect(await next).toHaveLength(3);
  });
});
