import { useRef, useState } from "react";
import { levels } from "../../../../core/client/index.ts";
import { clock, count, exact } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import type { TimeRange } from "../lib/older-logs.ts";
import { parseQuery } from "../lib/query.ts";
import { setQuery } from "../lib/router.ts";
import { useApi } from "../lib/use-api.ts";
import { Button, useNow } from "./basics.tsx";

const spans = { "15m": 900_000, "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000 } as const;
type Span = keyof typeof spans;
const bins = 60;
/** Milliseconds between two countings. */
const every = 10_000;

interface Counted {
  readonly since: number;
  readonly step: number;
  readonly counts: Readonly<Record<string, readonly number[]>>;
  /** The time back to which was counted. */
  readonly from: number;
}

/** How much was said when, by severity; what is drawn across shows the lines of that time. */
export function LogHistogram({
  text,
  span,
  range,
}: {
  readonly text: string;
  readonly span: string;
  readonly range: TimeRange | undefined;
}) {
  const now = Math.ceil(useNow() / every) * every;
  const length = spans[Object.hasOwn(spans, span) ? (span as Span) : "1h"];
  const query = new URLSearchParams({ since: String(now - length), until: String(now), bins: String(bins) });
  query.set("filter", JSON.stringify(parseQuery(text).filter));
  const { value } = useApi<Counted>(`logs/histogram?${query}`);
  const latest = useRef<Counted>(undefined);
  if (value !== undefined) latest.current = value;
  const counted = latest.current;
  return (
    <section className="log-histogram" aria-label={t("Lines over time")}>
      <div className="chips" role="group" aria-label={t("How far back")}>
        {Object.keys(spans).map((each) => (
          <button
            key={each}
            type="button"
            className="chip-button"
            aria-pressed={each === span}
            onClick={() => setQuery({ span: each === "1h" ? undefined : each, since: undefined, until: undefined })}
          >
            {each}
          </button>
        ))}
        <span className="grow" />
        <TimeFields range={range} />
      </div>
      {counted === undefined ? <div className="log-bars" aria-busy="true" /> : <Bars counted={counted} range={range} />}
    </section>
  );
}

/** The same by keyboard. */
function TimeFields({ range }: { readonly range: TimeRange | undefined }) {
  const field = (key: "since" | "until", label: string) => (
    <label className="time-field">
      <span>{label}</span>
      <input
        type="datetime-local"
        step={1}
        value={range === undefined ? "" : localOf(range[key])}
        onChange={(event) => {
          const time = Date.parse(event.target.value);
          if (Number.isNaN(time)) return;
          const now = Date.now();
          const next = { since: range?.since ?? time - 3_600_000, until: range?.until ?? now, [key]: time };
          setQuery({ since: String(next.since), until: String(next.until) });
        }}
      />
    </label>
  );
  return (
    <>
      {field("since", t("From"))}
      {field("until", t("To"))}
      {range === undefined ? null : (
        <Button icon="close" onClick={() => setQuery({ since: undefined, until: undefined })}>
          {t("All times")}
        </Button>
      )}
    </>
  );
}

/** As the field has it: the time of this machine. */
function localOf(time: number): string {
  const date = new Date(time);
  return new Date(time - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function Bars({ counted, range }: { readonly counted: Counted; readonly range: TimeRange | undefined }) {
  const { since, step, counts, from } = counted;
  const [drag, setDrag] = useState<readonly [number, number]>();
  const totals = Array.from({ length: bins }, (_, at) =>
    Object.values(counts).reduce((sum, line) => sum + (line[at] ?? 0), 0),
  );
  const highest = Math.max(1, ...totals);
  const all = totals.reduce((sum, each) => sum + each, 0);
  const shareAt = (event: React.PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  const timeAt = (share: number) => since + share * step * bins;
  const finish = () => {
    if (drag === undefined) return;
    const [one, other] = [Math.min(...drag), Math.max(...drag)];
    setDrag(undefined);
    // A press alone is the bar that was pressed.
    const [first, last] =
      other - one < 0.005 ? [Math.floor(one * bins) / bins, Math.floor(one * bins + 1) / bins] : [one, other];
    setQuery({ since: String(Math.floor(timeAt(first))), until: String(Math.ceil(timeAt(last))) });
  };
  const shown =
    drag ??
    (range === undefined ? undefined : [range.since, range.until].map((time) => (time - since) / (step * bins)));
  return (
    <figure>
      <div
        className="log-bars"
        role="img"
        aria-label={t("{n|# line|# lines} between {from} and {to}", {
          n: all,
          from: exact(new Date(since).toISOString()),
          to: exact(new Date(timeAt(1)).toISOString()),
        })}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([shareAt(event), shareAt(event)]);
        }}
        onPointerMove={(event) => drag !== undefined && setDrag([drag[0], shareAt(event)])}
        onPointerUp={finish}
      >
        {totals.map((total, at) => (
          <Bar key={at} at={at} counted={counted} total={total} highest={highest} />
        ))}
        {shown === undefined ? null : <b className="log-brush" style={brushOf(shown)} />}
      </div>
      <figcaption className="number muted">
        <span>{clock(new Date(since).toISOString()).slice(0, -4)}</span>
        <span>
          {from > since + step
            ? t("counted back to {time}", { time: clock(new Date(from).toISOString()) })
            : t("{n|# line|# lines}", { n: all })}
        </span>
        <span>{clock(new Date(timeAt(1)).toISOString()).slice(0, -4)}</span>
      </figcaption>
    </figure>
  );
}

interface BarProps {
  readonly at: number;
  readonly counted: Counted;
  readonly total: number;
  readonly highest: number;
}

/** What was said in one step, the gravest on top. */
function Bar({ at, counted: { since, step, counts }, total, highest }: BarProps) {
  const time = clock(new Date(since + at * step).toISOString());
  return (
    <span className="log-bar" title={`${time} · ${count(total)}`}>
      {[...levels, "missing"].toReversed().map((level) => (
        <i
          key={level}
          className={`bar-${level}`}
          style={{ height: `${((counts[level]?.[at] ?? 0) / highest) * 100}%` }}
        />
      ))}
    </span>
  );
}

function brushOf(shown: readonly number[]): React.CSSProperties {
  const [one = 0, other = 0] = [Math.min(...shown), Math.max(...shown)].map((share) => Math.min(1, Math.max(0, share)));
  return { left: `${one * 100}%`, width: `${(other - one) * 100}%` };
}
