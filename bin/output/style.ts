import { styleText } from "node:util";
import { printableLines } from "../../core/kit/index.ts";

export { plural } from "../../core/kit/index.ts";

type Format = Parameters<typeof styleText>[0];

/**
 * Paints for one stream: plain where it is no terminal or NO_COLOR is set, which `styleText` looks up. The painted text
 * may be hostile: only the paint itself acts on the terminal.
 */
export function painter(stream: NodeJS.WriteStream): (format: Format, text: string) => string {
  return (format, text) => styleText(format, printableLines(text), { stream, validateStream: true });
}

/** Whether `painter` would paint on this stream. */
export function wantsColour(stream: NodeJS.WriteStream): boolean {
  return painter(stream)("red", "") !== "";
}

/** Whether the terminal shows what it is sent, and obeys none of it: nothing can be drawn over there. */
export function isDumb(): boolean {
  return process.env["TERM"] === "dumb";
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

/** A time of a record, ISO 8601, as the clock on this machine's wall shows it: `2026-05-01 14:03:22`. */
export function localTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** What the times of a table are in, for its head: `UTC+02:00`. */
export function timeZone(now: Date = new Date()): string {
  const minutes = -now.getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
}

/** Milliseconds as a profile would write them: `30s`, `1m 30s`, `250ms`. No time that passed is nothing: `<1ms`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1) return "<1ms";
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(1))}s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round(seconds % 60);
  if (minutes < 60) return rest === 0 ? `${minutes}m` : `${minutes}m ${rest}s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours}h` : `${hours}h ${minutes % 60}m`;
}
