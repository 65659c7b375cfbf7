import { SluiceError } from "../contract/errors.ts";
import type { RunEvent } from "../contract/event.ts";
import type { JournalEntry, JournalPage } from "../contract/host.ts";
import type { Store } from "../contract/store.ts";
import { Entry } from "./entry.ts";
import type { OlderPage, OlderPlace } from "./follower.ts";
import type { ForeignWait } from "./foreign-wait.ts";

/**
 * As {@link readOlder}, and asks nothing while the store would tell of more. Of a run that has only just been read to its
 * end so far, the next page is no question. `expected`: runs that wait for a host, and have nothing yet.
 */
export async function readForeign(
  wait: ForeignWait,
  store: Store | undefined,
  place: OlderPlace,
  expected: ReadonlySet<string>,
): Promise<OlderPage> {
  try {
    if (place.before !== undefined) return await readOlder(store, place);
    if (wait.idle) return undefined;
    const caughtUp = wait.reading();
    const page = await readOlder(store, place);
    if (page === undefined) caughtUp();
    else if (page !== "end" && page.kind === "events" && isLastSoFar(page.entries, place.limit)) caughtUp();
    return page;
  } catch (error) {
    if (!SluiceError.is(error)) throw error;
    if (expected.has(place.run) && error.code === "SLUICE_RUN_NOT_FOUND") return undefined;
    if (store?.shared !== true || !error.retryable) throw error;
    // It will be reached again, and then has what was written: nothing is a hole yet.
    wait.failed();
    return undefined;
  }
}

/** A page that was not filled, of a run that goes on. */
function isLastSoFar(entries: readonly JournalEntry[], limit: number): boolean {
  return entries.length < limit && entries.at(-1)?.event.type !== "run-end";
}

/**
 * Reads from the store what memory does not hold (any more).
 *
 * `before` is the first `seq` that memory has; what lies between and is in neither place comes as a gap. Without it the
 * run is not in memory at all: `end` says that it has ended, undefined that another process still writes it.
 * @throws SluiceError SLUICE_RUN_NOT_FOUND; SLUICE_STORE_FAILED where a shared store cannot be reached now
 */
async function readOlder(store: Store | undefined, { run, after, before, limit }: OlderPlace): Promise<OlderPage> {
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
    if (late.length > 0) return pageOf(late, after);
    // What it had is gone, and its record tells how much that was.
    return record.lastSeq > after ? gap(after, record.lastSeq + 1, "The store does not have the events.") : "end";
  } catch (error) {
    if (error instanceof SluiceError && error.code === "SLUICE_RUN_NOT_FOUND") throw error;
    if (store.shared && SluiceError.is(error) && error.retryable) throw error;
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
