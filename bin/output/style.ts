import { styleText } from "node:util";
import { printableLines } from "../../core/kit/index.ts";

type Format = Parameters<typeof styleText>[0];

/**
 * Paints for one stream: plain where it is no terminal or NO_COLOR is set, which `styleText` looks up. What is painted may be
 * anybody's words: only the paint itself acts on the terminal.
 */
export function painter(stream: NodeJS.WriteStream): (format: Format, text: string) => string {
  return (format, text) => styleText(format, printableLines(text), { stream, validateStream: true });
}

/** Whether `painter` would paint on this stream. */
export function wantsColour(stream: NodeJS.WriteStream): boolean {
  return painter(stream)("red", "") !== "";
}

/** `1.5 MB` and the like, by powers of 1000. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Milliseconds as a profile would write them: `30s`, `1m 30s`, `250ms`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(1))}s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round(seconds % 60);
  if (minutes < 60) return rest === 0 ? `${minutes}m` : `${minutes}m ${rest}s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours}h` : `${hours}h ${minutes % 60}m`;
}
