import { parseJsonObject } from "../../core/kit/index.ts";

/** What one sample says; counts are of the time since the sample before. */
export interface Sample {
  /** Milliseconds since 1970, at its end. */
  readonly at: number;
  /** By name: `runs`, `failed`, `cpu`, `box.memory` and the like. Absent: nothing was measured. */
  readonly values: Readonly<Record<string, number>>;
}

/** Names whose values add up; the highest counts of all others, since peaks are what one looks for. */
const counted = new Set(["runs", "failed", "errors", "inputTokens", "outputTokens", "cost"]);

export interface Chart {
  /** Seconds since 1970, the beginning of each step. */
  readonly times: readonly number[];
  /** By name; null where nothing was measured. */
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Samples between two times, in at most `points` steps of one length. */
export function chartOf(samples: readonly Sample[], since: number, until: number, points: number): Chart {
  const step = Math.max(1, Math.ceil((until - since) / points));
  const count = Math.max(1, Math.ceil((until - since) / step));
  const times = Array.from({ length: count }, (_, index) => Math.round((since + index * step) / 1000));
  const series: Record<string, (number | null)[]> = {};
  for (const { at, values } of samples) {
    const place = Math.floor((at - since) / step);
    if (place < 0 || place >= count) continue;
    for (const [name, value] of Object.entries(values)) {
      series[name] ??= new Array<number | null>(count).fill(null);
      const line = series[name];
      const before = line[place] ?? null;
      line[place] = before === null ? value : counted.has(name) ? before + value : Math.max(before, value);
    }
  }
  return { times, series };
}

/** A line of the file, or nothing for one that was cut off or is of another kind. */
export function parseSample(line: string): Sample | undefined {
  try {
    const { at, values } = parseJsonObject(line);
    if (typeof at !== "number" || !Number.isFinite(at) || typeof values !== "object" || values === null)
      return undefined;
    const numbers = Object.entries(values).filter(
      (entry): entry is [string, number] => typeof entry[1] === "number" && Number.isFinite(entry[1]),
    );
    return { at, values: Object.fromEntries(numbers) };
  } catch {
    return undefined;
  }
}
