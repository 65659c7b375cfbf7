import { chartOf } from "./figures.ts";
import { type Route, wholeIn } from "./route.ts";

const mostPoints = 500;
/** Milliseconds: a year. */
const longest = 366 * 86_400_000;

/** Figures over time: `span` milliseconds, `back` times as long ago, in at most `points` steps. */
export const chartRoutes: readonly Route[] = [
  {
    ...{ method: "GET", path: "charts", needs: "status.read" },
    handle: ({ host, samples, query }) => {
      host.demand("status.read");
      const span = wholeIn(query, "span", 3_600_000, longest);
      const points = Math.max(1, wholeIn(query, "points", 240, mostPoints));
      const until = Date.now() - wholeIn(query, "back", 0, 10_000) * span;
      const since = until - span;
      return { ...chartOf(samples.samples, since, until, points), first: samples.samples[0]?.at ?? null };
    },
  },
];
