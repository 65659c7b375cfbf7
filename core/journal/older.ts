import { SluiceError } from "../contract/errors.ts";
import type { RunEvent } from "../contract/event.ts";
import type { JournalPage } from "../contract/host.ts";
import type { Store } from "../contract/store.ts";
import { Entry } from "./entry.ts";
import type { OlderPage } from "./follower.ts";

/**
 * Reads from the store what memory does not hold (any more).
 *
 * `before` is the first `seq` that memory has; what lies between and is in neither place comes as a gap. Without it the
 * run is not in memory at all: `end` says that it has ended, undefined that another process still writes it. Undefined also
 * says that a shared store cannot be reached now.
 */
export async function readOlder(
  store: Store | undefined,
  run: string,
  after: number,
  before: number | undefined,
  limit: number,
): Promise<OlderPage> {
  if (store === undefined) {
    if (before === undefined) throw notFound(run);
    return gap(after, before, "The events are no longer in memory, and the host has no store.");
  }
  try {
    const events = (await store.read(run, after, limit)).filter(({ seq }) => before === undefined || seq < before);
    if (events.length > 0) return pageOf(events, after);
    if (before !== undefined) return gap(after, before, "The store does not have the events.");
    const [record] = await store.runs({ run, limit: 1 });
    // One that has ended has its end: where even that is gone the run is being deleted, and nothing of it is left to read.
    if (record === undefined || (record.status !== "running" && record.lastSeq === 0)) throw notFound(run);
    if (record.status === "running") return undefined;
    // Its end may have been written since the store was read.
    const late = await store.read(run, after, limit);
    return late.length > 0 ? pageOf(late, after) : "end";
  } catch (error) {
    if (error instanceof SluiceError && error.code === "SLUICE_RUN_NOT_FOUND") throw error;
    // It will be reached again, and then has what was written: nothing is a hole yet.
    if (store.shared && SluiceError.is(error) && error.retryable) return undefined;
    if (before === undefined) throw SluiceError.from(error, "SLUICE_STORE_FAILED");
    return gap(after, before, "The store cannot be read.");
  }
}

/** The events up to the first hole, or the hole that they begin with. */
function pageOf(events: readonly RunEvent[], after: number): JournalPage {
  const first = events[0]?.seq ?? after + 1;
  if (first > after + 1) return gap(after, first, "The store does not have the events.");
  const hole = events.findIndex((event, index) => event.seq !== first + index);
  const whole = hole < 0 ? events : events.slice(0, hole);
  return { kind: "events", entries: whole.map((event) => new Entry(event)) };
}

export function notFound(run: string): SluiceError {
  return new SluiceError("SLUICE_RUN_NOT_FOUND", `There is no run ${run}.`);
}

function gap(after: number, before: number, reason: string): JournalPage {
  return { kind: "gap", from: after + 1, to: before - 1, reason };
}
