import type { InstanceRow, RunRow, TopSample } from "./sampler.ts";

/** What instances and runs can be sorted by; most first, but for names. */
export const sortOrders = ["profile", "name", "rate", "errors", "took", "queue", "memory", "restarts"] as const;
export type SortOrder = (typeof sortOrders)[number];

/** The key that chooses each order: its first letter, where no other has it. */
export const sortKeys: Readonly<Record<string, SortOrder>> = {
  ...{ p: "profile", n: "name", r: "rate", e: "errors", t: "took", w: "queue", m: "memory", s: "restarts" },
} as const;

const figures: Readonly<Record<Exclude<SortOrder, "profile" | "name">, (row: InstanceRow) => number>> = {
  rate: ({ rate }) => rate,
  errors: ({ errors }) => errors,
  took: ({ took = -1 }) => took,
  queue: ({ waiting = -1, dropped = 0, dead = 0 }) => waiting + dropped + dead,
  memory: ({ memory = -1 }) => memory,
  restarts: ({ restarts }) => restarts,
};

/** The same look in another order; what is equal stays as it was. */
export function sortSample(sample: TopSample, order: SortOrder): TopSample {
  if (order === "profile") return sample;
  if (order === "name") {
    const instances = [...sample.instances].sort((a, b) => a.id.localeCompare(b.id));
    return { ...sample, instances, runs: [...sample.runs].sort((a, b) => a.run.localeCompare(b.run)) };
  }
  const figure = figures[order];
  const instances = [...sample.instances].sort((a, b) => figure(b) - figure(a));
  return { ...sample, instances, runs: [...sample.runs].sort((a, b) => figureOfRun(b, order) - figureOfRun(a, order)) };
}

/** Runs have a rate and an age; by whatever else instances are sorted, the busiest run is first. */
function figureOfRun({ rate, age }: RunRow, order: SortOrder): number {
  return order === "took" ? age : rate;
}
