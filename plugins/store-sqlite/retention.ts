import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import { eventsPerRun } from "./database.ts";
import type { Statements } from "./statements.ts";

/** What to keep; 0 sets no bound. */
export interface Keep {
  readonly runs: number;
  /** Milliseconds. */
  readonly age: number;
  /** Bytes. */
  readonly size: number;
}

/** Events deleted in one go, and pages given back to the disk: what keeps the event loop for about a millisecond. */
const slice = { events: 500, pages: 500 };

/** How many runs were deleted, and how many stay because somebody reads them. */
export interface PruneCounts {
  readonly deleted: number;
  readonly held: number;
}

/** Deletes ended runs that are too many, too old or too large together, a little at a time. */
export async function prune(
  database: DatabaseSync,
  statements: Statements,
  keep: Keep,
  now: number,
  stopped: () => boolean,
): Promise<PruneCounts> {
  let deleted = 0;
  const remove = async (id: number): Promise<void> => {
    if (await deleteRun(statements, id, stopped)) deleted += 1;
  };
  const tooMany = keep.runs > 0 ? statements.tooMany.all(keep.runs) : [];
  const tooOld = keep.age > 0 ? statements.tooOld.all(new Date(now - keep.age).toISOString()) : [];
  const all = new Map([...tooMany, ...tooOld].map((row) => [Number(row["id"]), row["held"] === 1]));
  const held = [...all.values()].filter((isHeld) => isHeld).length;
  for (const [id, isHeld] of all) if (!isHeld) await remove(id);
  while (keep.size > 0 && !stopped() && Number(statements.size.get()?.["size"]) > keep.size) {
    const oldest = statements.oldest.get();
    if (oldest === undefined) break;
    await remove(Number(oldest["id"]));
  }
  while (deleted > 0 && !stopped()) {
    const before = freePages(database);
    if (before === 0) break;
    database.exec(`PRAGMA incremental_vacuum(${slice.pages})`);
    if (freePages(database) >= before) break;
    await nextTurn();
  }
  return { deleted, held };
}

/** The run itself goes last, so that one cut short is taken up again. */
async function deleteRun(statements: Statements, id: number, stopped: () => boolean): Promise<boolean> {
  const first = id * eventsPerRun;
  while (!stopped()) {
    // Somebody may have begun to read it since it was chosen, or since the last slice: what is left of it stays.
    if (statements.isHeld.get(id) !== undefined) return false;
    const last = statements.someEvents.get(first, first + eventsPerRun, slice.events)?.["last"];
    if (typeof last !== "number") {
      statements.deleteRun.run(id);
      return true;
    }
    statements.deleteEvents.run(first, last);
    await nextTurn();
  }
  return false;
}

function freePages(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA freelist_count").get()?.["freelist_count"]);
}
