import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { levels } from "../../../../core/client/index.ts";
import { save } from "../lib/bundles.ts";
import { count } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { type LogRow, placeOf, type Row } from "../lib/log-buffer.ts";
import { type TimeRange, useOlderLogs } from "../lib/older-logs.ts";
import { parseQuery, withLevels } from "../lib/query.ts";
import { setQuery, usePlace } from "../lib/router.ts";
import { useEntry, useLogs } from "../lib/use-logs.ts";
import { Button } from "../parts/basics.tsx";
import { Icon } from "../parts/icon.tsx";
import { LogDrawer } from "../parts/log-drawer.tsx";
import { LogHistogram } from "../parts/log-histogram.tsx";
import { LogList } from "../parts/log-list.tsx";
import { SavedFilters } from "../parts/saved-filters.tsx";

export function LogsScreen() {
  const { query } = usePlace();
  const text = query.get("q") ?? "";
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(true);
  const { buffer, fresh, seen, isJudged } = useLogs(text, follow);
  const range = rangeIn(query);
  const isLive = range === undefined;
  const live = useCallback(() => (isLive ? buffer.rows : []), [buffer, isLive]);
  const older = useOlderLogs(text, range, live);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the buffer changes in place, its version tells
  const rows = useMemo(() => [...older.rows, ...live()], [older.rows, live, buffer.version]);
  const open = query.get("entry") ?? "";
  const shownEntry = rows.find((row): row is LogRow => row.kind === "entry" && placeOf(row) === open);
  const opened = useEntry(Number(open) || 0, shownEntry);
  const { problem } = parseQuery(text);
  const toggle = useCallback(
    (on: boolean) => {
      setFollow(on);
      if (on) seen();
    },
    [seen],
  );
  useFollowKey(toggle);
  return (
    <div className="screen full">
      <div className="toolbar">
        <SearchField value={text} problem={problem} onChange={(q) => setQuery({ q: q === "" ? undefined : q })} />
        <Button icon="down" pressed={follow} onClick={() => toggle(!follow)}>
          {t("Follow")}
        </Button>
        <Button icon="wrap" label={t("Wrap long lines")} pressed={wrap} onClick={() => setWrap(!wrap)} />
        <Button icon="download" label={t("Download what is filtered")} onClick={() => download(rows)} />
      </div>
      <SavedFilters screen="logs" query={query} />
      <LogHistogram text={text} span={query.get("span") ?? "1h"} range={range} />
      <LevelChips text={text} rows={rows} />
      <LogList
        rows={rows}
        older={older}
        wrap={wrap}
        follow={follow && range === undefined}
        filtered={text !== "" || range !== undefined}
        isJudged={isLive ? isJudged : older.isJudged}
        onLeave={() => setFollow(false)}
      />
      {!follow && fresh > 0 ? (
        <div className="fresh">
          <Button icon="down" kind="primary" onClick={() => toggle(true)}>
            {t("{n} new", { n: count(fresh) })}
          </Button>
        </div>
      ) : null}
      {opened === undefined ? null : (
        <LogDrawer row={opened} rows={rows} onClose={() => setQuery({ entry: undefined })} />
      )}
    </div>
  );
}

function SearchField({
  value,
  problem,
  onChange,
}: {
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (text: string) => void;
}) {
  const [draft, setDraft] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setDraft(value), [value]);
  return (
    <div className="search">
      <Icon name="search" />
      <input
        type="search"
        value={draft}
        aria-label={t("Search the logs")}
        aria-invalid={problem !== undefined}
        placeholder='level:>=warn source:box run:r-… "two words" -noise /regex/'
        spellCheck={false}
        onChange={(event) => {
          const next = event.target.value;
          setDraft(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onChange(next), 250);
        }}
      />
      {problem === undefined ? null : (
        <span className="search-problem">{t("not understood: {term}", { term: problem })}</span>
      )}
    </div>
  );
}

function LevelChips({ text, rows }: { readonly text: string; readonly rows: readonly Row[] }) {
  const { filter } = parseQuery(text);
  const least = filter.level === undefined ? 0 : levels.indexOf(filter.level);
  const wanted = filter.levels ?? (filter.level === undefined ? [] : levels.slice(least));
  const counts = new Map<string, number>();
  for (const row of rows) if (row.kind === "entry") counts.set(row.level, (counts.get(row.level) ?? 0) + 1);
  return (
    <div className="chips" role="group" aria-label={t("Severities")}>
      <button
        type="button"
        className="chip-button"
        aria-pressed={wanted.length === 0}
        onClick={() => setQuery({ q: withLevels(text, []) || undefined })}
      >
        {t("all")} <b className="number">{count(rows.length)}</b>
      </button>
      {levels.map((level) => (
        <button
          type="button"
          key={level}
          className={`chip-button level-${level}`}
          aria-pressed={wanted.includes(level)}
          onClick={() => {
            const next = wanted.includes(level) ? wanted.filter((each) => each !== level) : [...wanted, level];
            setQuery({ q: withLevels(text, next) || undefined });
          }}
        >
          {level} <b className="number">{count(counts.get(level) ?? 0)}</b>
        </button>
      ))}
    </div>
  );
}

/** `f` follows, wherever one is but in a field. */
function useFollowKey(toggle: (on: boolean) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const writing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === "f" && !writing && !event.ctrlKey && !event.metaKey) toggle(true);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [toggle]);
}

/** The time that is looked at, as the address has it. */
function rangeIn(query: URLSearchParams): TimeRange | undefined {
  const [since, until] = [Number(query.get("since")), Number(query.get("until"))];
  return since > 0 && until > since ? { since, until } : undefined;
}

function download(rows: readonly Row[]): void {
  const lines = rows.map((row) =>
    row.kind === "entry"
      ? JSON.stringify(row.again === undefined ? row.event : { ...row.event, times: row.again + 1 })
      : JSON.stringify(
          row.kind === "gap" ? { type: "gap", missing: row.missing } : { type: "restart", time: row.time },
        ),
  );
  save("sluice-log.ndjson", `${lines.join("\n")}\n`, "application/x-ndjson");
}
