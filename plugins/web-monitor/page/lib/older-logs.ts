import { useCallback, useEffect, useRef, useState } from "react";
import type { FeedEvent, WatchFilter } from "../../../../core/client/index.ts";
import { say } from "../parts/dialog.tsx";
import { type LogRow, type Row, rowOf } from "./log-buffer.ts";
import { parseQuery } from "./query.ts";
import { refusalOf, request } from "./session.ts";

/** Rows from disk that the page keeps; who wants others narrows the time. */
const most = 20_000;

/** Milliseconds since 1970. */
export interface TimeRange {
  readonly since: number;
  readonly until: number;
}

type Line =
  | { readonly boot: string; readonly seq: number; readonly event: FeedEvent; readonly cut?: boolean }
  | { readonly time: string; readonly missing: number };

interface Page {
  readonly lines: readonly Line[];
  readonly cursor: string | null;
}

interface State {
  readonly rows: readonly Row[];
  /** Undefined before the first reading, null when there is nothing older. */
  readonly cursor?: string | null;
  readonly isRefused?: boolean;
}

const nothing: State = { rows: [] };

/** What the host has on disk, from before what the page has: loaded page by page, by a cursor. */
export function useOlderLogs(text: string, range: TimeRange | undefined, live: () => readonly Row[]) {
  const [state, setState] = useState<State>(nothing);
  const [busy, setBusy] = useState(false);
  const asked = useRef(0);
  const { since, until } = range ?? {};
  const load = useCallback(
    async (before: State) => {
      asked.current += 1;
      const turn = asked.current;
      setBusy(true);
      try {
        const { filter, pattern } = parseQuery(text);
        const page = await request<Page>("GET", `logs?${questionOf(filter, before.cursor, { since, until }, live())}`);
        if (turn !== asked.current) return;
        const known = new Set(live().map(nameOf));
        const found = rowsOf(page.lines).filter(
          (row) => row.kind !== "entry" || (!known.has(nameOf(row)) && (pattern?.test(row.text) ?? true)),
        );
        setState({ rows: [...found, ...before.rows], cursor: page.cursor });
      } catch (error) {
        say(refusalOf(error).message, "bad");
        if (turn === asked.current) setState({ ...before, isRefused: true });
      }
      setBusy(false);
    },
    [text, since, until, live],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search and another time begin anew
  useEffect(() => {
    asked.current += 1;
    setBusy(false);
    setState(nothing);
    if (since !== undefined) void load(nothing);
  }, [text, since, until]);
  const isFull = state.rows.length >= most;
  const isJudged = state.cursor !== undefined || state.isRefused === true;
  return { rows: state.rows, isJudged, busy, isFull, isDone: state.cursor === null, loadOlder: () => void load(state) };
}

/** The number of an entry is its host's own; with the time it is one in all logs. */
function nameOf(row: Row): string {
  return row.kind === "entry" ? `${row.event.time} ${row.seq}` : row.key;
}

function questionOf(
  filter: WatchFilter,
  cursor: string | null | undefined,
  { since, until: end }: Partial<TimeRange>,
  live: readonly Row[],
): URLSearchParams {
  const query = new URLSearchParams({ filter: JSON.stringify(filter) });
  const oldest = live.find((row): row is LogRow => row.kind === "entry");
  const until = end ?? (oldest === undefined ? undefined : Date.parse(oldest.event.time ?? ""));
  if (until !== undefined) query.set("until", String(Math.ceil(until)));
  if (since !== undefined) query.set("since", String(Math.floor(since)));
  if (typeof cursor === "string") query.set("cursor", cursor);
  return query;
}

/** Where another host process goes on, that is a row. */
function rowsOf(lines: readonly Line[]): readonly Row[] {
  const rows: Row[] = [];
  let boot: string | undefined;
  for (const line of lines) {
    if (!("event" in line)) {
      rows.push({ kind: "gap", key: `old-gap-${line.time}-${rows.length}`, missing: line.missing });
      continue;
    }
    const time = line.event.time ?? "";
    if (boot !== undefined && boot !== line.boot) rows.push({ kind: "restart", key: `old-restart-${line.boot}`, time });
    boot = line.boot;
    const row = rowOf(line.seq, line.event, line.cut ?? false);
    rows.push({ ...row, key: `old-${line.boot}-${line.seq}`, old: true });
  }
  return rows;
}
