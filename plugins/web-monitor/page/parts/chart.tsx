import { useEffect, useRef } from "react";
import type uPlot from "uplot";
import { clock, count } from "../lib/format.ts";
import { t } from "../lib/i18n.ts";

export interface ChartLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  /** Counts are bars, and what goes up and down is a line. */
  readonly bars?: boolean;
  readonly title: string;
}

const height = 150;

/** Steps of what is counted: there is no half a run. */
const wholes = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** The hour and minute; where they are days apart, the day as well. */
function timesOf(ticks: readonly number[]): string[] {
  const isLong = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0) > 86_400;
  return ticks.map((tick) => {
    const date = new Date(tick * 1000);
    const day = isLong ? `${date.getMonth() + 1}/${date.getDate()} ` : "";
    return day + clock(date.toISOString()).slice(0, 5);
  });
}

/** One chart. What it shows is said in words as well. */
export function Chart({ times, lines, format, bars = false, title }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot>(undefined);
  const key = lines.map(({ label }) => label).join("\n");
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = [[...times], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData;
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew with other lines; new values are told to it below
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const labels = key.split("\n");
    let left = false;
    // Fetched with the first chart; the page itself stays one script, which an exported run carries.
    const make = async () => {
      const { default: Plot } = await import("uplot");
      if (left) return;
      drawn.current?.destroy();
      const paths = bars ? Plot.paths.bars?.({ size: [0.8, 40] }) : undefined;
      drawn.current = new Plot(optionsOf(labels, box.clientWidth, paths, format), data.current, box);
    };
    void make();
    const resized = new ResizeObserver(() => drawn.current?.setSize({ width: box.clientWidth, height }));
    resized.observe(box);
    // Its colours are those of the theme, read when it is drawn.
    const themed = new MutationObserver(() => void make());
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      left = true;
      resized.disconnect();
      themed.disconnect();
      drawn.current?.destroy();
      drawn.current = undefined;
    };
  }, [key, bars]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the values are in `data`
  useEffect(() => drawn.current?.setData(data.current), [times, lines]);
  return (
    <figure className="chart">
      <div ref={place} role="img" aria-label={title} />
      <figcaption>
        {lines.map(({ label, values }, index) => (
          <span key={label} className="number">
            <i style={{ background: `var(--series-${index})` }} />
            {label}: {wordsOf(values, bars, format)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function wordsOf(values: readonly (number | null)[], bars: boolean, format: ChartProps["format"]): string {
  const known = values.filter((value) => value !== null);
  if (bars) return t("{n} in all", { n: format(known.reduce((sum, value) => sum + value, 0)) });
  return t("{now} at the end, {most} at most", { now: format(known.at(-1) ?? 0), most: format(Math.max(...known, 0)) });
}

function optionsOf(
  labels: readonly string[],
  width: number,
  paths: uPlot.Series.PathBuilder | undefined,
  format: ChartProps["format"],
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => colourOf(style.getPropertyValue(name));
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--muted"), grid, ticks: grid, font: "11px Inter Variable, sans-serif" };
  return {
    ...{ width, height, legend: { show: false }, cursor: { y: false, drag: { x: false, y: false } } },
    scales: { y: { range: (_plot, _min, max) => [0, max ? max * 1.1 : 1] } },
    axes: [
      { ...axis, values: (_plot, ticks) => timesOf(ticks) },
      {
        ...axis,
        ...(format === count ? { incrs: wholes } : {}),
        size: 64,
        values: (_plot, ticks) => ticks.map((tick) => format(tick)),
      },
    ],
    series: [
      {},
      ...labels.map((label, index) => {
        const stroke = colour(`--series-${index}`);
        return {
          ...{ label, stroke, width: 1.5, points: { show: paths === undefined, size: 3 } },
          ...(paths === undefined ? { spanGaps: true } : { paths, fill: stroke }),
        };
      }),
    ],
  };
}

/** What `light-dark()` comes to: a canvas knows colours alone. */
function colourOf(value: string): string {
  const probe = document.createElement("i");
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
