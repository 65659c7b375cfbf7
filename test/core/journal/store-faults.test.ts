import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../core/contract/index.ts";
import { FakeClock } from "../../../core/testing/fake-clock.ts";
import { delta, end, newJournals, start, TestStore } from "./journal-kit.ts";

function failing(message = "disk full") {
  const clock = new FakeClock();
  const store = new TestStore();
  const said: string[] = [];
  const journals = newJournals({
    ...{ clock, limits: { runEvents: 4 } },
    onStore: (error) => said.push(error?.message ?? "works"),
  });
  journals.attach(store);
  const run = async (id: string, deltas = 1, ended = true) => {
    if (!(await journals.has(id))) {
      journals.open(id);
      journals.append(id, start);
    }
    for (let index = 0; index < deltas; index += 1) {
      journals.append(id, delta(`${index}`));
      await journals.flush();
    }
    if (ended) journals.append(id, end());
    await journals.flush();
  };
  const seqs = (id: string) => store.events.get(id)?.map(({ seq }) => seq);
  return { clock, store, said, journals, run, seqs, broken: new Error(message) };
}

describe("a store that fails while runs go on", () => {
  it("should leave no run unsaid that it lacks", async () => {
    const { store, journals, run, broken } = failing();
    await run("r1");
    expect(await journals.unstored("r1")).toBeUndefined();
    store.error = broken;
    await run("r2");
    expect(await journals.unstored("r2")).toMatchObject({
      code: "SLUICE_RUN_NOT_STORED",
      exitCode: 69,
      message: "the run r2 took place, and is not in the store",
    });
    store.error = undefined;
    expect(await journals.unstored("r2")).toBeUndefined();
  });

  it("should be given the first event and the end also where memory has lost what lies between", async () => {
    const { store, journals, run, seqs, broken, clock } = failing();
    store.error = broken;
    await run("r1", 10);
    store.error = undefined;
    await clock.advance(5_000);
    expect(seqs("r1")).toEqual([1, 9, 10, 11, 12]);
    expect(await journals.unstored("r1")).toMatchObject({ message: expect.stringContaining("not whole") });
    expect(store.unfinished()).toEqual([]);
    await run("r2");
    expect(await journals.unstored("r2")).toBeUndefined();
  });

  it("should be told again when the reason is another one, and once when it works", async () => {
    const { store, run, said, clock } = failing();
    store.error = new Error("locked");
    await run("r1", 2, false);
    await clock.advance(5_000);
    store.error = new Error("full");
    await clock.advance(5_000);
    await clock.advance(5_000);
    store.error = undefined;
    await clock.advance(5_000);
    await clock.advance(5_000);
    expect(said).toEqual(["locked", "full", "works"]);
  });

  it("should take how runs ended, when it takes nothing else", async () => {
    const { store, journals, run, seqs } = failing();
    await run("r1", 1, false);
    const append = store.append.bind(store);
    store.append = (batch) => {
      const small = batch.every(({ type }) => type === "run-start" || type === "run-end");
      if (!small) throw new Error("disk full");
      return append(batch);
    };
    await run("r1", 2);
    await run("r2", 2);
    await journals[Symbol.asyncDispose]();
    expect(seqs("r1")).toEqual([1, 2, 5]);
    expect(seqs("r2")).toEqual([1, 4]);
    expect(store.unfinished()).toEqual([]);
  });

  it("should be given everything that memory has when what it had is gone", async () => {
    const { store, journals, run, seqs, said } = failing();
    await run("r1", 1, false);
    await run("r0", 1);
    const append = store.append.bind(store);
    store.append = () => {
      store.events.clear();
      store.append = append;
      throw new SluiceError("SLUICE_STORE_REPLACED", "deleted");
    };
    await run("r1", 1);
    expect(await journals.unstored("r1")).toBeUndefined();
    expect(seqs("r1")).toEqual([1, 2, 3, 4]);
    expect(seqs("r0")).toEqual([1, 2, 3]);
    expect(said).toEqual(["deleted", "works"]);
  });

  it("should be asked again for unfinished runs that it could not tell of", async () => {
    const { store, journals, clock } = failing();
    store.append([{ run: "r9", seq: 1, time: "", ...start }]);
    const { unfinished } = store;
    store.unfinished = () => {
      throw new Error("locked");
    };
    expect(await journals.recover(() => false)).toEqual([]);
    store.unfinished = unfinished.bind(store);
    await clock.advance(5_000);
    expect(store.events.get("r9")?.at(-1)).toMatchObject({ type: "run-end", data: { status: "lost" } });
  });
});
