import { describe, expect, it } from "vitest";
import { LoopTurns } from "../../../../core/kit/index.ts";

/** LoopTurns whose clock and whose event loop the test owns. */
function createTurns() {
  const state = { now: 0, scheduled: [] as (() => void)[] };
  const turns = new LoopTurns({ longest: 4, now: () => state.now, later: (turn) => void state.scheduled.push(turn) });
  const nextTurn = () => {
    for (const turn of state.scheduled.splice(0)) turn();
  };
  return { state, turns, nextTurn };
}

describe("turns of the event loop", () => {
  it("should have room for so many milliseconds, from whoever asks first", () => {
    const { state, turns, nextTurn } = createTurns();
    state.now = 100;
    const asked = [0, 3.9, 0.1, 50].map((passed) => {
      state.now += passed;
      return turns.room;
    });
    expect(asked).toEqual([true, true, false, false]);
    nextTurn();
    expect(turns.room).toBe(true);
  });

  it("should serve all who wait in turn, whoever comes back again and again", () => {
    const { state, turns, nextTurn } = createTurns();
    const served: string[] = [];
    const flood = (name: string) => {
      served.push(name);
      state.now += 5;
      turns.wait(() => flood(name));
    };
    turns.wait(() => flood("a"));
    turns.wait(() => flood("b"));
    turns.wait(() => void served.push("quiet"));
    for (let turn = 0; turn < 7; turn += 1) nextTurn();
    expect(served).toEqual(["a", "b", "quiet", "a", "b", "a", "b", "a"]);
  });

  it("should serve many in one turn where they are done soon", () => {
    const { state, turns, nextTurn } = createTurns();
    let served = 0;
    for (let each = 0; each < 100; each += 1) {
      turns.wait(() => {
        served += 1;
        state.now += 0.125;
      });
    }
    nextTurn();
    expect(served).toBe(32);
    nextTurn();
    expect(served).toBe(64);
    nextTurn();
    nextTurn();
    expect([served, turns.waiting]).toEqual([100, 0]);
  });

  it("should schedule nothing when nobody waits or asks", () => {
    const { state, turns, nextTurn } = createTurns();
    turns.wait(() => undefined);
    nextTurn();
    // The turn that was served is over by then.
    nextTurn();
    expect(state.scheduled).toEqual([]);
  });

  it("should serve the others when one throws", () => {
    const { turns, nextTurn } = createTurns();
    const served: number[] = [];
    turns.wait(() => {
      throw new Error("boom");
    });
    turns.wait(() => void served.push(2));
    expect(nextTurn).toThrow("boom");
    nextTurn();
    expect(served).toEqual([2]);
  });

  it("should resolve in a later turn of the real event loop", async () => {
    const turns = new LoopTurns();
    const seen: string[] = [];
    const waits = turns.next().then(() => seen.push("turn"));
    await Promise.resolve();
    seen.push("microtask");
    await waits;
    expect(seen).toEqual(["microtask", "turn"]);
  });
});
