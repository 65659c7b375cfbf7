import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState } from "react";
import { cutText, levels } from "../../../../core/client/index.ts";
import { save } from "../lib/bundles.ts";
import { clock, count } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import type { LogRow, Row } from "../lib/log-buffer.ts";
import { parseQuery, withLevels } from "../lib/query.ts";
import { setQuery, usePlace } from "../lib/router.ts";
import { useEntry, useLogs } from "../lib/use-logs.ts";
import { Button, Empty, Source } from "../parts/basics.tsx";
import { Icon } from "../parts/icon.tsx";
import { LogDrawer } from "../parts/log-drawer.tsx";
import { SavedFilters } from "../parts/saved-filters.tsx";

const rowHeight = 26;

export function LogsScreen() {
  const { query } = usePlace();
  const text = query.get("q") ?? "";
  const [wrap, setWrap] = useState(false);
  const [follow, setFollow] = useState(true);
  const { buffer, fresh, seen } = useLogs(text, follow);
  const open = Number(query.get("entry") ?? 0);
  const shownEntry = buffer.rows.find((row): row is LogRow => row.kind === "entry" && row.seq === open);
  const opened = useEntry(open, shownEntry);
  const { problem } = parseQuery(text);
  const toggle = useCallback(
    (on: boolean) => {
      setFollow(on);
      if (on) seen();
    },
    [seen],
  );
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const writing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === "f" && !writing && !event.ctrlKey && !event.metaKey) toggle(true);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [toggle]);
  return (
    <div className="screen full">
      <div className="toolbar">
        <SearchField value={text} problem={problem} onChange={(q) => setQuery({ q: q === "" ? undefined : q })} />
        <Button icon="down" pressed={follow} onClick={() => toggle(!follow)}>
          {t("Follow")}
        </Button>
        <Button icon="wrap" label={t("Wrap long lines")} pressed={wrap} onClick={() => setWrap(!wrap)} />
        <Button icon="download" label={t("Download what is filtered")} onClick={() => download(buffer.rows)} />
      </div>
      <SavedFilters screen="logs" query={query} />
      <LevelChips text={text} rows={buffer.rows} />
      <LogList
        rows={buffer.rows}
        left={buffer.left}
        wrap={wrap}
        follow={follow}
        filtered={text !== ""}
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
        <LogDrawer row={opened} rows={buffer.rows} onClose={() => setQuery({ entry: undefined })} />
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

interface LogListProps {
  readonly rows: readonly Row[];
  readonly left: number;
  readonly wrap: boolean;
  readonly follow: boolean;
  readonly filtered: boolean;
  readonly onLeave: () => void;
}

function LogList({ rows, left, wrap, follow, filtered, onLeave }: LogListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new row moves the end
  useEffect(() => {
    if (follow && rows.length > 0) list.scrollToIndex(rows.length - 1, { align: "end" });
  }, [follow, rows.length, rows.at(-1)?.key]);
  if (rows.length === 0) return <NoLine filtered={filtered} />;
  return (
    <div
      ref={scroller}
      className={`log${wrap ? " wrapped" : ""}`}
      role="log"
      aria-label={t("Log lines")}
      aria-live="off"
      tabIndex={0}
      onWheel={(event) => event.deltaY < 0 && onLeave()}
      onKeyDown={(event) => moveAmongRows(event, onLeave)}
    >
      {left > 0 ? (
        <p className="log-left">
          {t("{n} older lines have left this page; they are in the host's log file.", { n: count(left) })}
        </p>
      ) : null}
      <div className="log-body" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <div
              key={item.key}
              data-index={item.index}
              ref={wrap ? list.measureElement : undefined}
              className="log-place"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {row.kind === "gap" ? (
                <Gap missing={row.missing} />
              ) : row.kind === "restart" ? (
                <Restart time={row.time} />
              ) : (
                <Entry row={row} wrap={wrap} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function NoLine({ filtered }: { readonly filtered: boolean }) {
  return filtered ? (
    <Empty icon="search" title={t("Nothing fits this search")}>
      <p>{t("The host is still looking: what comes and fits appears here.")}</p>
      <Button onClick={() => setQuery({ q: undefined })}>{t("Show everything")}</Button>
    </Empty>
  ) : (
    <Empty icon="logs" title={t("No log lines yet")}>
      <p>{t("Start a run, and what happens appears here.")}</p>
    </Empty>
  );
}

/** The arrows go from row to row, so that the tabulator need not stop at each. */
function moveAmongRows(event: React.KeyboardEvent<HTMLDivElement>, onLeave: () => void): void {
  if (["PageUp", "ArrowUp", "Home"].includes(event.key)) onLeave();
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0) return;
  const box = event.currentTarget;
  const drawn = [...box.querySelectorAll<HTMLElement>(".log-row")];
  const at = drawn.indexOf(document.activeElement as HTMLElement);
  const { top, bottom } = box.getBoundingClientRect();
  const inSight = drawn.filter(
    (row) => row.getBoundingClientRect().top >= top && row.getBoundingClientRect().bottom <= bottom,
  );
  const next = at >= 0 ? drawn[at + step] : inSight.at(step === 1 ? 0 : -1);
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function Gap({ missing }: { readonly missing: number }) {
  return (
    <div className="log-gap">
      <Icon name="degraded" size={13} />
      {t("{n} entries left out: they came faster than they can be shown", { n: count(missing) })}
    </div>
  );
}

function Restart({ time }: { readonly time: string }) {
  return (
    <div className="log-gap">
      <Icon name="restart" size={13} />
      {t("the host was started again at {time}; what stands above was said before", { time: clock(time) })}
    </div>
  );
}

/** A row shows what fits on it: the drawer has the whole. */
const shown = 2_000;

function Entry({ row, wrap }: { readonly row: LogRow; readonly wrap: boolean }) {
  const { event, level, text, run, cut, again = 0 } = row;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={`log-row level-${level}`}
      onClick={() => setQuery({ entry: String(row.seq) })}
    >
      <time dateTime={event.time}>{clock(event.time)}</time>
      <span className="log-level">{level}</span>
      <Source name={event.source} />
      <span className="log-text">{wrap ? cutText(text, shown) : cutText(text, shown).replaceAll("\n", " ⏎ ")}</span>
      {again === 0 ? null : <em className="chip">{t("{n} times", { n: count(again + 1) })}</em>}
      {cut ? <em className="chip">{t("cut")}</em> : null}
      {run === undefined ? null : <span className="log-run">{run}</span>}
    </button>
  );
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
