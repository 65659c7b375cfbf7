import { useMemo } from "react";
import { bytes, count, duration, money } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";
import { showView, usePlace } from "../lib/router.ts";
import { useApi } from "../lib/use-api.ts";
import { Empty, RefusalNote, Section } from "../parts/basics.tsx";
import { Chart, type ChartLine } from "../parts/chart.tsx";

/** Milliseconds that are looked at, by the name in the address. */
const ranges = { "15m": 900_000, "1h": 3_600_000, "6h": 21_600_000, "24h": 86_400_000, "7d": 604_800_000 } as const;
type Range = keyof typeof ranges;

/** How often it is read again. */
const every = 10_000;

interface Figures {
  readonly times: readonly number[];
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
  /** The oldest sample that is kept; null before the first. */
  readonly first: number | null;
}

interface ChartEntry {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  readonly bars?: boolean;
}

/** Figures of the host over time; they are kept over restarts. */
export function ChartsScreen() {
  const { query } = usePlace();
  const wanted = query.get("range") ?? "1h";
  const range: Range = Object.hasOwn(ranges, wanted) ? (wanted as Range) : "1h";
  const back = Math.max(0, Number(query.get("back")) || 0);
  const { value, refusal } = useFigures(range, back);
  const charts = useMemo(() => (value === undefined ? [] : chartsOf(value)), [value]);
  return (
    <div className="screen">
      <div className="toolbar">
        <div className="chips" role="group" aria-label={t("How far back")}>
          {Object.keys(ranges).map((each) => (
            <button
              key={each}
              type="button"
              className="chip-button"
              aria-pressed={each === range}
              onClick={() => showView({ range: each === "1h" ? undefined : each, back: undefined })}
            >
              {each}
            </button>
          ))}
        </div>
        <span className="grow" />
        <button type="button" className="button" onClick={() => showView({ back: String(back + 1) })}>
          {t("Older")}
        </button>
        <button
          type="button"
          className="button"
          disabled={back === 0}
          onClick={() => showView({ back: back > 1 ? String(back - 1) : undefined })}
        >
          {t("Newer")}
        </button>
      </div>
      {refusal === undefined ? null : <RefusalNote refusal={refusal} />}
      {value === undefined ? (
        <div className="skeleton tall" aria-busy="true" />
      ) : charts.length === 0 ? (
        <Empty icon="charts" title={t("Nothing was measured in this time")}>
          <p>{t("A sample is taken every so often, as the profile says; it is kept over restarts.")}</p>
        </Empty>
      ) : (
        <div className="charts">
          {charts.map((chart) => (
            <Section key={chart.title} title={chart.title}>
              <Chart times={value.times} {...chart} />
            </Section>
          ))}
        </div>
      )}
    </div>
  );
}

/** The path changes with the time, so that each reading is of now. */
function useFigures(range: Range, back: number) {
  const length = ranges[range];
  const path = `charts?span=${length}&back=${back}&points=${range === "7d" ? 336 : 180}`;
  return useApi<Figures>(path, every);
}

/** Charts of the host, then of each instance that measures something. */
function chartsOf({ series }: Figures): readonly ChartEntry[] {
  const line = (name: string, label: string): ChartLine[] => {
    const values = series[name];
    return values === undefined ? [] : [{ label, values }];
  };
  const host: ChartEntry[] = [
    {
      ...{ title: t("Runs that ended"), format: count, bars: true },
      lines: [...line("runs", t("all")), ...line("failed", t("failed"))],
    },
    { title: t("Errors"), format: count, bars: true, lines: line("errors", t("errors")) },
    { title: t("First token, median"), format: duration, lines: line("firstToken", t("first token")) },
    {
      ...{ title: t("Tokens"), format: count, bars: true },
      lines: [...line("inputTokens", t("input")), ...line("outputTokens", t("output"))],
    },
    { title: t("Cost"), format: (value) => money(value), bars: true, lines: line("cost", t("cost")) },
    { title: t("Runs under way"), format: count, lines: line("active", t("runs")) },
    { title: t("Memory of the host"), format: bytes, lines: line("memory", t("memory")) },
    { title: t("Processor, share of a core"), format: share, lines: line("cpu", t("processor")) },
  ];
  const names = Object.keys(series).filter((name) => name.includes("."));
  const instances = names.sort().map((name): ChartEntry => {
    const kind = name.slice(name.lastIndexOf(".") + 1);
    const format = kind === "memory" ? bytes : kind === "cpu" ? share : count;
    return { title: name.replace(".", " · "), format, lines: line(name, kind) };
  });
  return [...host, ...instances].filter(({ lines }) => lines.length > 0);
}

function share(value: number): string {
  return `${Math.round(value * 100)} %`;
}
