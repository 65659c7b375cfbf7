import { eventFilter, type FeedEvent, levelOf, type WatchFilter } from "../../core/client/index.ts";
import { SluiceError } from "../../core/contract/index.ts";
import { parseJsonObject, roleAllows } from "../../core/kit/index.ts";
import { type ArchivedLine, timeOf } from "./log-archive.ts";
import { type Call, type Route, wholeIn } from "./route.ts";

const mostEntries = 500;
const mostBins = 200;

/** What was said before, from the log on disk: `since` and `until` are milliseconds, `filter` is that of a watch. */
export const logRoutes: readonly Route[] = [
  { method: "GET", path: "logs", needs: "feed.read", handle: older },
  { method: "GET", path: "logs/histogram", needs: "feed.read", handle: histogram },
];

/** Lines that fit, oldest first, and where to read on; null when there is nothing older. */
async function older(call: Call): Promise<unknown> {
  const lines: ArchivedLine[] = [];
  const limit = Math.max(1, wholeIn(call.query, "limit", mostEntries, mostEntries));
  const accepts = accepting(call);
  const cursor = await call.archive.read({
    ...range(call.query),
    ...(call.query.has("cursor") ? { cursor: call.query.get("cursor") ?? "" } : {}),
    signal: call.signal,
    take: (line) => {
      if (!accepts(line)) return true;
      if (lines.length === limit) return false;
      lines.push(line);
      return true;
    },
  });
  return { lines: lines.reverse(), cursor };
}

/** How many lines fit, by time and severity. `from`: the time back to which was counted. */
async function histogram(call: Call): Promise<unknown> {
  const { since, until } = range(call.query);
  const bins = Math.max(1, wholeIn(call.query, "bins", 60, mostBins));
  const step = Math.max(1, (until - since) / bins);
  const counts: Record<string, number[]> = {};
  const accepts = accepting(call);
  let oldest = until;
  const cursor = await call.archive.read({
    ...{ since, until, signal: call.signal },
    take: (line) => {
      const time = timeOf(line);
      oldest = Math.min(oldest, time);
      if (!accepts(line)) return true;
      const [level, count] = "event" in line ? [levelOf(line.event as FeedEvent), 1] : ["missing", line.missing];
      counts[level] ??= new Array<number>(bins).fill(0);
      const at = Math.min(bins - 1, Math.floor((time - since) / step));
      counts[level][at] = (counts[level][at] ?? 0) + count;
      return true;
    },
  });
  return { since, step, counts, from: cursor === null ? since : oldest };
}

/**
 * What fits, of that which the person may see. The log does not keep whose a run was. So what tells of runs and of people
 * is for those who may see everybody's.
 */
function accepting({ query, person, host }: Call): (line: ArchivedLine) => boolean {
  const fits = eventFilter(filterIn(query));
  const seesAll = roleAllows(person.role, host.neededRole("feed.people"));
  return (line) => {
    if (!("event" in line)) return true;
    const event = line.event as FeedEvent;
    return (seesAll || isOfNobody(event)) && fits(event);
  };
}

function isOfNobody(event: FeedEvent): boolean {
  if ("run" in event || event.type === "audit" || event.type === "connection-status") return false;
  if (event.type === "log") return event.data.run === undefined;
  return event.type !== "sandbox-status" || event.data.session === undefined;
}

function range(query: URLSearchParams): { readonly since: number; readonly until: number } {
  const most = Number.MAX_SAFE_INTEGER;
  return { since: wholeIn(query, "since", 0, most), until: wholeIn(query, "until", most, most) };
}

/** @throws SluiceError SLUICE_WIRE_PROTOCOL */
function filterIn(query: URLSearchParams): WatchFilter {
  const text = query.get("filter");
  if (text === null) return {};
  const isText = (value: unknown) => typeof value === "string" && value.length <= 1_000;
  const isFit = (value: unknown) =>
    isText(value) || (Array.isArray(value) && value.length <= 50 && value.every(isText));
  try {
    const filter = parseJsonObject(text);
    const lists = ["types", "levels", "sources", "text", "not"];
    const isList = (key: string, value: unknown) => lists.includes(key) === Array.isArray(value);
    if (Object.entries(filter).every(([key, value]) => isFit(value) && isList(key, value)))
      return filter as WatchFilter;
  } catch {
    // Said below.
  }
  throw new SluiceError("SLUICE_WIRE_PROTOCOL", "filter must be that of a watch, as JSON");
}
