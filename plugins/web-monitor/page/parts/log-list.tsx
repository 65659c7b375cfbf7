import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { cutText } from "../../../../core/client/index.ts";
import { clock } from "../lib/format.ts";
import { instances } from "../lib/hub.ts";
import { t } from "../lib/i18n.ts";
import { type LogRow, placeOf, type Row } from "../lib/log-buffer.ts";
import type { useOlderLogs } from "../lib/older-logs.ts";
import { setQuery } from "../lib/router.ts";
import { useStore } from "../lib/store.ts";
import { Button, Empty, SourceMark } from "./basics.tsx";
import { Icon } from "./icon.tsx";

const rowHeight = 26;

interface LogListProps {
  readonly rows: readonly Row[];
  readonly older: ReturnType<typeof useOlderLogs>;
  readonly wrap: boolean;
  readonly follow: boolean;
  readonly filtered: boolean;
  /** Whether the host has answered: only then it is known that nothing fits. */
  readonly isJudged: boolean;
  readonly onLeave: () => void;
}

/** The lines that are in sight, of however many there are. */
export function LogList({ rows, older, wrap, follow, filtered, isJudged, onLeave }: LogListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  useStore(instances);
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
  if (rows.length === 0) {
    return (
      <>
        <Older older={older} onLoad={onLeave} />
        {isJudged ? <NoLine filtered={filtered} /> : <div className="skeleton tall" aria-busy="true" />}
      </>
    );
  }
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
      <Older older={older} onLoad={onLeave} />
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

/** What stands above: more of it is on the host's disk, of hosts before this one too. */
function Older({ older, onLoad }: { readonly older: LogListProps["older"]; readonly onLoad: () => void }) {
  const { busy, isDone, isFull, loadOlder } = older;
  if (isDone) return <p className="log-left">{t("Nothing older is kept.")}</p>;
  if (isFull) return <p className="log-left">{t("The page holds no more of them: choose a shorter time.")}</p>;
  return (
    <p className="log-left">
      <Button
        icon="clock"
        kind="plain"
        disabled={busy}
        onClick={() => {
          onLoad();
          loadOlder();
        }}
      >
        {t("Load older lines")}
      </Button>
    </p>
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
      {t("{n|# entry|# entries} left out: more came than can be shown", { n: missing })}
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
      onClick={() => setQuery({ entry: placeOf(row) })}
    >
      <time dateTime={event.time}>{clock(event.time)}</time>
      <span className="log-level">{level}</span>
      <SourceMark name={event.source} />
      <span className="log-text">{wrap ? cutText(text, shown) : cutText(text, shown).replaceAll("\n", " ⏎ ")}</span>
      {again === 0 ? null : <em className="chip">{t("{n|once|# times}", { n: again + 1 })}</em>}
      {cut ? <em className="chip">{t("cut")}</em> : null}
      {run === undefined ? null : <span className="log-run">{run}</span>}
    </button>
  );
}
