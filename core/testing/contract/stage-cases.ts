import { from, lastValueFrom, Observable, toArray } from "rxjs";
import type { Emission } from "../../contract/event.ts";
import type { Stage, StageRun } from "../../contract/stage.ts";
import type { ContractCase } from "./cases.ts";
import { demand, settling, within } from "./expect.ts";
import { emissions } from "./sample-events.ts";

const runOf = (signal: AbortSignal = new AbortController().signal): StageRun => ({
  ...{ run: "r_0000000000000000001", session: "s_1", signal },
  ask: async () => ({ approved: true }),
  slow: () => undefined,
});

/** Events of its own for each call: what a stage does to them is looked at. */
const sample = (): Emission[] => structuredClone([...emissions]);

const passed = (stage: Stage, events: readonly Emission[]): Promise<Emission[]> => {
  const stream = stage.apply(from(events), runOf());
  demand(typeof stream?.subscribe === "function", "apply returned no Observable");
  return within(settling, "a stream whose source has ended", lastValueFrom(stream.pipe(toArray())));
};

export const stageCases: readonly ContractCase<Stage>[] = [
  {
    name: "should return a stream that ends with the one before it, of events with a source, a type and data",
    async run(stage) {
      for (const events of [sample(), []]) {
        for (const event of await passed(stage, events))
          demand(isEmission(event), `it emitted ${JSON.stringify(event)}`);
      }
    },
  },
  {
    name: "should change no event that it was given",
    async run(stage) {
      const events = sample();
      await passed(stage, events);
      demand(JSON.stringify(events) === JSON.stringify(emissions), "it changed an event that it was given");
    },
  },
  {
    name: "should let go of the stream before it, once nobody reads",
    async run(stage) {
      let reading = 0;
      const endless = new Observable<Emission>(() => {
        reading += 1;
        return () => {
          reading -= 1;
        };
      });
      stage
        .apply(endless, runOf())
        .subscribe({ error: () => {} })
        .unsubscribe();
      demand(reading === 0, "it reads on after its reader has gone");
    },
  },
  {
    name: "should hand on a failure, or end without it, and keep two runs apart",
    async run(stage) {
      const failing = new Observable<Emission>((subscriber) => subscriber.error(new Error("by the suite")));
      const end = new Promise<void>((resolve) => {
        stage.apply(failing, runOf()).subscribe({ error: () => resolve(), complete: () => resolve() });
      });
      await within(settling, "a stream after one that failed", end);
      const [one, other] = await Promise.all([passed(stage, sample()), passed(stage, sample())]);
      demand(JSON.stringify(one) === JSON.stringify(other), "two runs of the same events gave different ones");
    },
  },
];

function isEmission(event: Emission | undefined): boolean {
  return typeof event?.source === "string" && typeof event.type === "string" && typeof event.data === "object";
}
