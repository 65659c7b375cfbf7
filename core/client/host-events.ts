import type { HostEvent, LogLevel, RunEvent } from "../contract/event.ts";
import { matchesGlob } from "../kit/text/glob.ts";
import { succeeded } from "../kit/transcript/index.ts";
import type { ClientFrames } from "./wire.generated.ts";

/** One event of the host's feed. */
export type FeedEvent = HostEvent | RunEvent;
/** Which host events a watcher wants. */
export type WatchFilter = NonNullable<ClientFrames["watch"]["filter"]>;

/** Least first. */
export const levels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** How grave an event is, for those that are no log lines too. */
export function levelOf(event: FeedEvent): LogLevel {
  switch (event.type) {
    case "log":
      return event.data.level;
    case "error":
      return "error";
    case "plugin-status":
      return event.data.status === "failed" ? "error" : event.data.status === "degraded" ? "warn" : "info";
    case "run-end":
      return event.data.status === "ok" || event.data.status === "cancelled" ? "info" : "warn";
    case "exec-end":
      return succeeded(event.data) ? "info" : "warn";
    case "rewind":
    case "gap":
      return "warn";
    case "plugin-metric":
    case "connection-status":
      return "debug";
    default:
      return "info";
  }
}

/** The run an event belongs to. */
export function runOf(event: FeedEvent): string | undefined {
  if ("run" in event) return event.run;
  return event.type === "log" ? event.data.run : undefined;
}

/** What a search looks through. */
export function searchText(event: FeedEvent): string {
  const data =
    event.type === "log" && event.data.fields === undefined ? event.data.message : JSON.stringify(event.data);
  return `${event.source} ${event.type} ${data}`;
}

/** The filter of a watch as a function; the host and the page judge alike. */
export function eventFilter(filter: WatchFilter): (event: FeedEvent) => boolean {
  const { types, level, levels: exactly, sources, run } = filter;
  const least = level === undefined ? -1 : levels.indexOf(level);
  const texts = filter.text?.map((text) => text.toLowerCase()) ?? [];
  const nots = filter.not?.map((text) => text.toLowerCase()) ?? [];
  return (event) => {
    if (types !== undefined && types.length > 0 && !types.includes(event.type)) return false;
    if (least >= 0 && levels.indexOf(levelOf(event)) < least) return false;
    if (exactly !== undefined && exactly.length > 0 && !exactly.includes(levelOf(event))) return false;
    if (sources !== undefined && sources.length > 0 && !sources.some((each) => matchesGlob(each, event.source)))
      return false;
    if (run !== undefined && runOf(event) !== run) return false;
    if (texts.length === 0 && nots.length === 0) return true;
    const searched = searchText(event).toLowerCase();
    return texts.every((text) => searched.includes(text)) && !nots.some((text) => searched.includes(text));
  };
}
