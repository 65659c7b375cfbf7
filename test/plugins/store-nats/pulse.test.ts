import { describe, expect, it } from "vitest";
import { pauses, ServerPulse } from "../../../plugins/store-nats/pulse.ts";

/** A pulse, looked at as its host does: on time, unless the test says otherwise. */
class Watched {
  now = 0;
  messages = 0;
  readonly told: { readonly silent: boolean; readonly at: number }[] = [];
  readonly pulse: ServerPulse = new ServerPulse(
    () => void this.told.push({ silent: this.pulse.silent, at: this.now }),
    () => this.now,
  );

  /** Looks until so much time has passed; the servers answer each look within 1 ms while they can. */
  pass(milliseconds: number, answered: boolean): void {
    const end = this.now + milliseconds;
    for (let next = this.#nextLook(); next <= end; next = this.#nextLook()) {
      this.now = next;
      this.pulse.look(this.messages);
      if (answered) this.pulse.heard();
    }
    this.now = end;
  }

  #nextLook(): number {
    return (Math.floor(this.now / pauses.look) + 1) * pauses.look;
  }
}

describe("whether a server is in reach", () => {
  it.each([0, 1, 250, 499])("should be told within 2 s after the link broke, %i ms after a look", (after) => {
    const watched = new Watched();
    watched.pass(10_000 + after, true);
    watched.pass(60_000, false);
    expect(watched.told).toEqual([{ silent: true, at: expect.any(Number) }]);
    const [{ at } = { at: 0 }] = watched.told;
    expect(at).toBeLessThanOrEqual(10_000 + after + 2_000);
    expect(at).toBeGreaterThanOrEqual(10_000 + pauses.silent);
  });

  it("should be told again at the first word", () => {
    const watched = new Watched();
    watched.pass(5_000, false);
    watched.now += 1;
    watched.pulse.heard();
    expect(watched.told.map(({ silent }) => silent)).toEqual([true, false]);
    expect(watched.told.at(-1)?.at).toBe(5_001);
  });

  it("should not be in doubt where an answer comes up to a second late", () => {
    const watched = new Watched();
    for (let round = 0; round < 20; round += 1) {
      watched.pass(1_000, false);
      watched.pulse.heard();
    }
    expect(watched.told).toEqual([]);
  });

  it("should not be in doubt while messages come, and answers stand behind them", () => {
    const watched = new Watched();
    for (let round = 0; round < 20; round += 1) {
      watched.messages += 1_000;
      watched.pass(1_000, false);
    }
    expect(watched.told).toEqual([]);
  });

  it.each([1_001, 7_000, 3_600_000])("should not be in doubt where the host itself stood still for %i ms", (still) => {
    const watched = new Watched();
    watched.pass(2_000, true);
    watched.now += still;
    watched.pulse.look(0);
    watched.pulse.heard();
    watched.pass(2_000, true);
    expect(watched.told).toEqual([]);
  });

  it("should stay out of reach where the host stands still meanwhile", () => {
    const watched = new Watched();
    watched.pass(2_000, false);
    watched.now += 7_000;
    watched.pulse.look(0);
    expect(watched.told.map(({ silent }) => silent)).toEqual([true]);
  });
});
