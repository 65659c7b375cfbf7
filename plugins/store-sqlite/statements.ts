import type { DatabaseSync } from "node:sqlite";
import { idBeginning } from "../../core/kit/index.ts";
import { eventsPerRun } from "./database.ts";

const lastSeq = `ifnull((SELECT max(e.id) FROM events e
  WHERE e.id BETWEEN r.id * ${eventsPerRun} AND r.id * ${eventsPerRun} + ${eventsPerRun - 1}), r.id * ${eventsPerRun})
  - r.id * ${eventsPerRun} AS last_seq`;

/** As `isIdOf` of the kit says. */
const isIdOfRun = `(lower(r.run) = w.value OR lower(r.session) = w.value OR length(w.value) >= ${idBeginning}
  AND (instr(lower(r.run), w.value) = 1 OR instr(lower(r.session), w.value) = 1))`;

/** `narrowed` is a condition that an index serves: without it all runs are looked at. */
function listing(narrowed: string): string {
  return `SELECT r.*, ${lastSeq} FROM runs r
     WHERE ${narrowed}(:session IS NULL OR r.session = :session) AND (:status IS NULL OR r.status = :status)
       AND (:owner IS NULL OR r.owner = :owner OR substr(r.owner, 1, length(:owner) + 1) = :owner || '/')
       AND (:flow IS NULL OR r.flow = :flow)
       AND (:since IS NULL OR r.started >= :since) AND (:until IS NULL OR r.started < :until)
       AND (:minCost IS NULL OR r.cost >= :minCost)
       AND (:model IS NULL OR EXISTS (SELECT 1 FROM json_each(r.models) m WHERE m.value = :model))
       AND NOT EXISTS (SELECT 1 FROM json_each(:words) w WHERE instr(r.search, w.value) = 0 AND NOT ${isIdOfRun})
     ORDER BY r.id DESC LIMIT :limit`;
}

const holdsOfRun = "SELECT 1 FROM holds h WHERE h.run = r.id";
const held = `EXISTS (${holdsOfRun}) AS held`;

/** Every statement of the store, prepared once. */
export function prepare(database: DatabaseSync) {
  return {
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
    rollback: database.prepare("ROLLBACK"),
    insertEvent: database.prepare("INSERT INTO events (id, event) VALUES (?, ?)"),
    insertRun: database.prepare(
      `INSERT INTO runs (run, flow, session, owner, input, status, started, owner_host, owner_pid, owner_started, search)
       VALUES (?, ?, ?, ?, ?, 'running', ?, ?, ?, ?, ?)`,
    ),
    endRun: database.prepare(
      "UPDATE runs SET status = ?, ended = ?, exit_code = ?, usage = ?, cost = ?, reason = ?, models = ?, search = ifnull(?, search) WHERE id = ?",
    ),
    runId: database.prepare("SELECT id FROM runs WHERE run = ?"),
    events: database.prepare("SELECT event FROM events WHERE id > ? AND id < ? ORDER BY id LIMIT ?"),
    runs: database.prepare(listing("")),
    runsOfSession: database.prepare(listing("r.session = :session AND ")),
    run: database.prepare(`SELECT r.*, ${lastSeq} FROM runs r WHERE r.run = ?`),
    unfinished: database.prepare(`SELECT r.*, ${lastSeq} FROM runs r WHERE r.status = 'running' ORDER BY r.id`),
    tooMany: database.prepare(
      `SELECT id, ${held} FROM runs r WHERE status <> 'running' ORDER BY id DESC LIMIT -1 OFFSET ?`,
    ),
    tooOld: database.prepare(`SELECT id, ${held} FROM runs r WHERE status <> 'running' AND ended < ?`),
    oldest: database.prepare(
      `SELECT id FROM runs r WHERE status <> 'running' AND NOT EXISTS (${holdsOfRun}) ORDER BY id LIMIT 1`,
    ),
    hold: database.prepare("INSERT OR IGNORE INTO holds (run, host) VALUES (?, ?)"),
    release: database.prepare("DELETE FROM holds WHERE run = ? AND host = ?"),
    holders: database.prepare("SELECT DISTINCT host FROM holds"),
    releaseAll: database.prepare("DELETE FROM holds WHERE host = ?"),
    isHeld: database.prepare("SELECT 1 FROM holds WHERE run = ?"),
    someEvents: database.prepare(
      "SELECT max(id) AS last FROM (SELECT id FROM events WHERE id > ? AND id < ? ORDER BY id LIMIT ?)",
    ),
    deleteEvents: database.prepare("DELETE FROM events WHERE id > ? AND id <= ?"),
    deleteRun: database.prepare("DELETE FROM runs WHERE id = ?"),
    size: database.prepare(
      `SELECT (page_count - freelist_count) * page_size AS size
       FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
    ),
  };
}

export type Statements = ReturnType<typeof prepare>;
