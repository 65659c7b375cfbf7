import { expect, it } from "vitest";
import type { RunEvent } from "../../../core/contract/index.ts";
import { stamp } from "../../../core/kit/index.ts";
import { collect, delta, end, newJournals, start, TestStore } from "./journal-kit.ts";

const time = "2026-01-01T00:00:00.000Z";

/** Another host writes the end between two questions of whoever follows the run. */
class EndedMeanwhile extends TestStore {
  #asked = 0;

  override read(run: string, after: number, limit: number): readonly RunEvent[] {
    const found = super.read(run, after, limit);
    this.#asked += 1;
    if (this.#asked === 2) this.append([stamp(run, 3, time, end())]);
    return found;
  }
}

it("should read the end of a run that another host writes while it is asked whether it has ended", async () => {
  const store = new EndedMeanwhile();
  store.append([stamp("r1", 1, time, start), stamp("r1", 2, time, delta("a"))]);
  const journals = newJournals();
  journals.attach(store);
  const events = await collect(journals, "r1");
  expect(events.map(({ type }) => type)).toEqual(["run-start", "text-delta", "run-end"]);
});
